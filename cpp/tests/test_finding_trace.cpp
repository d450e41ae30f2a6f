// The recorded trace that Python and the browser replay too: what the finder and poses said, and whom that was taken for; crops.
#include "locate.hpp"

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

using namespace sspnet::core;
using nlohmann::json;

namespace {

json trace() { return json::parse(std::ifstream(SSPNET_SOURCE_DIR "/tests/cpp/finding_trace.json")); }

/// A map whose values that are not 0 are listed: index, value, index, value, …
std::vector<float> dense(const json& values, std::size_t count, float grain) {
    std::vector<float> filled(count);
    for (std::size_t i = 0; i < values.size(); i += 2) filled[values[i].get<std::size_t>()] = values[i + 1].get<float>() / grain;
    return filled;
}

/// The recorded answers in order.
struct Replay {
    const json& recorded;
    float grain;
    std::size_t runs = 0, looks = 0;
    std::vector<float> centre = {}, joints = {}, heat = {};

    FinderMaps run(const Crop& crop) {
        const json& said = recorded["runs"].at(runs++);
        CHECK(crop.x == doctest::Approx(said["crop"][0].get<double>()).epsilon(1e-4));
        CHECK(crop.side == doctest::Approx(said["crop"][2].get<double>()).epsilon(1e-4));
        const std::size_t cells = said["cells"], count = said["joints"], area = cells * cells;
        centre = dense(said["maps"][0], area, grain), joints = dense(said["maps"][1], 2 * count * area, grain);
        heat = dense(said["maps"][2], count * area, grain);
        return {centre.data(), joints.data(), heat.data(), int(cells), int(cells)};
    }

    Look look() {
        const json& said = recorded["answers"].at(looks++);
        return {said[0], {said[1][0], said[1][1], said[1][2], said[1][3]}};
    }
};

}  // namespace

TEST_CASE("the same people are found as in Python") {
    const json all = trace();
    for (const json& recorded : all["findings"]) {
        INFO(recorded["name"].get<std::string>());
        json finder = recorded["finder"];
        finder["decoder"] = "single_person_centres";
        const Peaks peaks = {std::get<SinglePersonCentres>(read_finder(finder)), read_poses(recorded["poses"])};
        const int width = recorded["image"][0], height = recorded["image"][1];
        const std::vector<std::uint8_t> pixels(3 * std::size_t(width) * height);
        Replay replay = {recorded, all["grain"]};
        const RunFinder run = [&](const Crop& crop) { return replay.run(crop); };
        const LookAt look = [&](const sspnet_box&) { return replay.look(); };
        const bool doubts = recorded["doubts"];
        const std::vector<Found> people = find_people(check_image({pixels.data(), width, height, 0, SSPNET_BGR}), peaks, run,
                                                      recorded["looks"], doubts ? run : RunFinder(), doubts ? look : LookAt());
        CHECK(replay.runs == recorded["runs"].size());
        CHECK(replay.looks == recorded["answers"].size());
        REQUIRE(people.size() == recorded["people"].size());
        for (std::size_t i = 0; i < people.size(); ++i) {
            const json& expected = recorded["people"][i];
            const float box[] = {people[i].box.x, people[i].box.y, people[i].box.w, people[i].box.h};
            for (int side = 0; side < 4; ++side) CHECK(std::fabs(box[side] - expected["box"][side].get<float>()) < 0.05f);
            CHECK(people[i].score == doctest::Approx(expected["score"].get<float>()).epsilon(1e-3));
            CHECK(people[i].sure == expected["sure"].get<bool>());
        }
    }
}

TEST_CASE("the same pixels are cut out as in Python") {
    const json recorded = trace()["crop"];
    const auto rgb = recorded["rgb"].get<std::vector<std::uint8_t>>();
    const Image image = check_image({rgb.data(), recorded["width"], recorded["height"], 0, SSPNET_RGB});
    const int size = recorded["size"];
    for (const json& one : recorded["crops"]) {
        const sspnet_box box = {one["box"][0], one["box"][1], one["box"][2], one["box"][3]};
        const Crop crop = Crop::around(box, recorded["box_scale"]);
        CHECK(crop.side == doctest::Approx(one["crop"][2].get<double>()));
        std::vector<std::uint8_t> out(3 * std::size_t(size) * size);
        Cropper().cut_out(image, crop, size, recorded["border"], out.data());
        int furthest = 0;
        for (std::size_t i = 0; i < out.size(); ++i)
            furthest = std::max(furthest, std::abs(int(out[i]) - one["pixels"][i].get<int>()));
        INFO(one["box"].dump());
        CHECK(furthest <= 2);
    }
}
