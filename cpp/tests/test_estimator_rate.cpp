#include "person.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

namespace fs = std::filesystem;

TEST_CASE("stages that would not end before the deadline are not begun, even where only the deepest cut is planned") {
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.input_size = 128, options.cut = 8;
    sspnet::Estimator estimator(kDefaultBundle, options);
    CHECK(estimator.predict_within(0.5, scene.image(), kBox).cut == 2);
    CHECK(estimator.predict_within(60000, scene.image(), kBox).cut == 8);
    CHECK(estimator.predict(scene.image(), kBox).cut == 8);
}

TEST_CASE("an impossible rate takes the first cut and is said once; a slow one, or none, is within reach") {
    const Scene scene;
    std::vector<std::string> lines;
    sspnet::Options options = quiet_options();
    options.target_fps = 0.01;
    options.log = [&](const std::string& line) { lines.push_back(line); };
    sspnet::Estimator estimator(kDefaultBundle, options);
    const sspnet::Info info = estimator.describe();
    sspnet::Pose pose = estimator.predict(scene.image(), kBox);
    CHECK_FALSE(estimator.out_of_reach());
    CHECK(lines.empty());
    estimator.set_target_fps(1e6);
    for (int i = 0; i < 15; ++i) pose = estimator.predict(scene.image(), kBox);
    CHECK(pose.cut == info.cuts[0]);
    CHECK(estimator.out_of_reach());
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("target_fps=1e+06 is out of reach here") == 0);
    estimator.set_target_fps(0);
    CHECK_FALSE(estimator.out_of_reach());
    CHECK(estimator.predict(scene.image(), kBox).cut == info.cuts[info.cut_count - 1]);
}

TEST_CASE("frames without a deadline tell nothing about those with one, and are late for no target") {
    const Scene scene;
    std::vector<std::string> lines;
    sspnet::Options options = quiet_options();
    options.input_size = 128;
    options.log = [&](const std::string& line) { lines.push_back(line); };
    sspnet::Estimator estimator(kDefaultBundle, options);
    CHECK(estimator.predict_within(0.5, scene.image(), kBox).cut == 2);
    lines.clear();
    for (int i = 0; i < 15; ++i) CHECK(estimator.predict(scene.image(), kBox).cut == 8);
    CHECK(lines.empty());
    CHECK(estimator.predict_within(1000, scene.image(), kBox).cut == 8);
}

TEST_CASE("a log that calls its estimator is told so, and nobody waits for ever") {
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.input_size = 128, options.cut = 2;
    std::string said;
    sspnet::Estimator* mine = nullptr;
    options.log = [&](const std::string&) {
        try {
            if (mine != nullptr) mine->set_target_fps(0);
        } catch (const sspnet::Error& error) {
            said = error.what();
        }
    };
    sspnet::Estimator estimator(kDefaultBundle, options);
    mine = &estimator;
    estimator.predict_within(1e-3, scene.image(), kBox);
    CHECK(said.find("log must not call the estimator") == 0);
    CHECK(estimator.predict(scene.image(), kBox).cut == 2);
}

TEST_CASE("a new device gives its first pose at once, is measured beside the frames, and known ever after") {
    const fs::path cache = fs::temp_directory_path() / ("sspnet-" + std::to_string(std::random_device{}()));
    fs::create_directories(cache);
    const auto kept = [&] {
        std::size_t sizes = 0;
        if (!fs::exists(cache / "libsspnet")) return sizes;
        for (const auto& file : fs::directory_iterator(cache / "libsspnet")) {
            std::ifstream stream(file.path());
            const std::string text{std::istreambuf_iterator<char>(stream), {}};
            for (std::size_t at = text.find("p50_ms"); at != std::string::npos; at = text.find("p50_ms", at + 1)) ++sizes;
        }
        return sizes;
    };
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.cache_dir = cache.string(), options.target_fps = 1000, options.precision = "fp32", options.input_size = 128;
    {
        sspnet::Estimator estimator(kDefaultBundle, options);
        CHECK(estimator.predict(scene.image(), kBox).cut == 2);
        CHECK(kept() == 0);
        const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(2);
        while (kept() == 0 && std::chrono::steady_clock::now() < limit) CHECK(estimator.predict(scene.image(), kBox).cut == 2);
        CHECK(kept() == 1);
        CHECK(estimator.predict(scene.image(), kBox).input_size == 128);
    }
    sspnet::Estimator again(kDefaultBundle, options);
    CHECK(again.predict(scene.image(), kBox).cut == 2);
    CHECK(kept() == 1);
    fs::remove_all(cache);
}

TEST_CASE("an estimator that is closed while its device is measured ends at once") {
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.target_fps = 30;
    sspnet::Estimator estimator(kDefaultBundle, options);
    for (int i = 0; i < 3; ++i) estimator.predict(scene.image(), kBox);
}

TEST_CASE("a moved estimator still logs") {
    std::vector<std::string> lines;
    sspnet::Options options = quiet_options();
    options.input_size = 128, options.cut = 2;
    options.log = [&](const std::string& line) { lines.push_back(line); };
    sspnet::Estimator first(kDefaultBundle, options);
    sspnet::Estimator second = std::move(first);
    second.set_deadline(1e-3);
    CHECK(lines.size() == 1);
}

TEST_CASE("bf16 is there by name where the engine computes it, and moves joints a little") {
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.input_size = 128, options.cut = 2;
    sspnet::Estimator exact(kDefaultBundle, options);
    options.precision = "bf16";
    try {
        sspnet::Estimator rough(kDefaultBundle, options);
        const sspnet::Pose there = exact.predict(scene.image(), kBox), here = rough.predict(scene.image(), kBox);
        double moved = 0;
        for (int j = 0; j < there.joint_count; ++j) moved += std::abs(there.keypoints[j][0] - here.keypoints[j][0]);
        CHECK(moved > 0);
        CHECK(moved / there.joint_count < 0.2 * kBox.h);
    } catch (const sspnet::Error& error) {  // ONNX Runtime, or a CPU without it
        CHECK(std::string(error.what()).find("precision 'bf16' is not to be had from") == 0);
    }
}
