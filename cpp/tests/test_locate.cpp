#include "locate.hpp"

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

using namespace sspnet::core;

TEST_CASE("boxes overlap by what they share") {
    CHECK(iou({0, 0, 10, 10}, {0, 0, 10, 10}) == doctest::Approx(1));
    CHECK(iou({0, 0, 10, 10}, {5, 0, 10, 10}) == doctest::Approx(1.0 / 3));
    CHECK(iou({0, 0, 10, 10}, {20, 20, 5, 5}) == 0);
}

namespace {

constexpr int kCells = 32;

/// By the numbers of schema 1.
template <class... Arguments>
std::vector<Found> find_by(const Image& image, const Arguments&... arguments) {
    return find_people(image,
                       Peaks{std::get<SinglePersonCentres>(read_finder(schema_1()["finder"])), read_poses(schema_1()["poses"])},
                       arguments...);
}

/// The finder's maps of people who stand at (u, v), each joint's heat where it is guessed.
class Maps {
public:
    Maps()
        : centre_(kCells * kCells),
          joints_(SSPNET_BODY_JOINTS * 2 * kCells * kCells),
          heat_(SSPNET_BODY_JOINTS * kCells * kCells) {}

    void add(float u, float v, float height, float certainty) {
        const int column = int(u * kCells), row = int(v * kCells), cell = row * kCells + column;
        centre_[cell] = certainty;
        for (int j = 0; j < SSPNET_BODY_JOINTS; ++j) {
            const float x = u + height * 0.02f * float(j % 5 - 2), y = v + height * (float(j) / 16 - 0.5f);
            joints_[2 * j * kCells * kCells + cell] = x, joints_[(2 * j + 1) * kCells * kCells + cell] = y;
            heat_[j * kCells * kCells + int(y * kCells) * kCells + int(x * kCells)] = certainty;
        }
    }

    FinderMaps view() const { return {centre_.data(), joints_.data(), heat_.data(), kCells, kCells}; }

private:
    std::vector<float> centre_, joints_, heat_;
};

Image empty_image() {
    static const std::vector<std::uint8_t> pixels(3 * 320 * 320);
    return check_image({pixels.data(), 320, 320, 0, SSPNET_BGR});
}

}  // namespace

TEST_CASE("who is certain and in the middle comes first, and everybody once") {
    Maps maps;
    maps.add(0.2f, 0.5f, 0.6f, 0.8f);
    maps.add(0.55f, 0.5f, 0.6f, 0.8f);
    maps.add(0.58f, 0.5f, 0.6f, 0.5f);  // the same person again, less certain
    const std::vector<Found> people = find_by(empty_image(), [&](const Crop&) { return maps.view(); }, 0);
    REQUIRE(people.size() == 2);
    CHECK(people[0].sure);
    CHECK(people[0].box.x + people[0].box.w / 2 == doctest::Approx(0.55 * 320).epsilon(0.1));
    CHECK(people[1].box.x + people[1].box.w / 2 == doctest::Approx(0.2 * 320).epsilon(0.1));
}

TEST_CASE("an empty picture holds nobody") {
    const Maps maps;
    CHECK(find_by(empty_image(), [&](const Crop&) { return maps.view(); }, 3).empty());
}

TEST_CASE("small people are looked at again from nearer, as often as is allowed") {
    Maps far, near;
    far.add(0.25f, 0.5f, 0.3f, 0.6f);
    far.add(0.75f, 0.5f, 0.3f, 0.6f);
    near.add(0.5f, 0.5f, 0.6f, 0.9f);
    int runs = 0;
    const RunFinder run = [&](const Crop& crop) {
        ++runs;
        return crop.side < 300 ? near.view() : far.view();
    };
    for (const int looks : {0, 1, 2, 5}) {
        runs = 0;
        const std::vector<Found> people = find_by(empty_image(), run, looks);
        CHECK(runs == 1 + std::min(looks, 2));
        CHECK(people.size() == std::size_t(std::min(looks, 2)));  // with looks left out, the small ones are not trusted
    }
}

TEST_CASE("finer cells find who is too small for the others, and are asked only where nobody is clear") {
    Maps nobody, near, small, doubtful;
    near.add(0.5f, 0.5f, 0.6f, 0.9f);
    small.add(0.7f, 0.4f, 0.2f, 0.7f);
    doubtful.add(0.5f, 0.5f, 0.7f, 0.2f);
    const RunFinder run = [&](const Crop& crop) { return crop.side < 300 ? near.view() : nobody.view(); };
    int asked = 0;
    const auto finer = [&](const Maps& maps) {
        return [&](const Crop&) {
            ++asked;
            return maps.view();
        };
    };
    const std::vector<Found> people = find_by(empty_image(), run, 3, finer(small));
    REQUIRE(people.size() == 1);
    CHECK(people[0].box.x + people[0].box.w / 2 == doctest::Approx(0.7 * 320).epsilon(0.1));
    CHECK(asked == 1);
    CHECK(find_by(empty_image(), run, 3, finer(doubtful)).empty());
    CHECK(asked == 2);

    Maps clear;
    clear.add(0.5f, 0.5f, 0.7f, 0.55f);
    const RunFinder sees_one = [&](const Crop&) { return clear.view(); };
    CHECK(find_by(empty_image(), sees_one, 3, finer(small)).size() == 1);
    CHECK(asked == 2);
}

TEST_CASE("where the finder doubts, the most confident pose comes first, and a confident one settles it") {
    Maps doubtful, other;
    doubtful.add(0.3f, 0.5f, 0.7f, 0.38f);
    other.add(0.75f, 0.5f, 0.7f, 0.33f);
    int asked = 0;
    const RunFinder run = [&](const Crop&) { return doubtful.view(); };
    const RunFinder finer = [&](const Crop&) {
        ++asked;
        return other.view();
    };
    const auto middle = [](const Found& person) { return person.box.x + person.box.w / 2; };

    const LookAt right_one = [](const sspnet_box& box) { return Look{box.x > 160 ? 0.4f : 0.1f, box}; };
    const std::vector<Found> people = find_by(empty_image(), run, 3, finer, right_one);
    REQUIRE(people.size() == 2);
    CHECK(middle(people[0]) == doctest::Approx(0.75 * 320).epsilon(0.1));
    CHECK(middle(find_by(empty_image(), run, 3, finer)[0]) == doctest::Approx(0.3 * 320).epsilon(0.1));
    CHECK(asked == 2);

    CHECK(find_by(empty_image(), run, 3, finer, [](const sspnet_box& box) { return Look{0.8f, box}; }).size() == 1);
    CHECK(asked == 2);
}

TEST_CASE("a doubtful person's box becomes their pose's if that is no less confident") {
    Maps doubtful;
    doubtful.add(0.5f, 0.5f, 0.7f, 0.35f);
    const RunFinder run = [&](const Crop&) { return doubtful.view(); };
    const sspnet_box around = {100, 90, 40, 120};
    for (const float there : {0.6f, 0.5f}) {
        const LookAt look_at = [&](const sspnet_box& box) { return Look{box.x == around.x ? there : 0.55f, around}; };
        const std::vector<Found> people = find_by(empty_image(), run, 3, RunFinder(), look_at);
        REQUIRE(people.size() == 1);
        CHECK((people[0].box.h == around.h) == (there > 0.55f));
    }
}
