#include "person_boxes.hpp"

#include <doctest/doctest.h>

using namespace sspnet::core;

namespace {

constexpr int kWidth = 320, kHeight = 256, kRows = kHeight / 4, kColumns = kWidth / 4;
constexpr CentresAndBoxes kNumbers = {1.25, 32, 4, 0.08f, 50, 0.6f, 0.6f, 0.3f, 0.12f, 0.15f, 0.125f, 0.35};

Image picture(int width = 400, int height = 300) {
    static const std::vector<std::uint8_t> pixels(3 * 400 * 300);
    return check_image({pixels.data(), width, height, 0, SSPNET_BGR});
}

/// A finder's maps of people whose boxes are given in pixels of the picture.
class Maps {
public:
    Maps() : crop_(Crop::whole_in(picture(), kWidth, kHeight)), centre_(kRows * kColumns), box_(4 * kRows * kColumns) {}

    Maps& add(const sspnet_box& box, float likelihood) {
        const float cells = float(kWidth / crop_.side / 4);
        const float u = (box.x + box.w / 2 - float(crop_.x)) * cells, v = (box.y + box.h / 2 - float(crop_.y)) * cells;
        const int cell = int(v) * kColumns + int(u);
        centre_[cell] = likelihood;
        const float values[] = {u - float(int(u)), v - float(int(v)), box.w * cells, box.h * cells};
        for (int i = 0; i < 4; ++i) box_[i * kRows * kColumns + cell] = values[i];
        return *this;
    }

    std::vector<Found> people() const {
        return people_of({crop_, kWidth, centre_.data(), box_.data(), kRows, kColumns}, picture(), kNumbers);
    }

private:
    Crop crop_;
    std::vector<float> centre_, box_;
};

}  // namespace

TEST_CASE("a box of the finder comes back in pixels of the picture, and ends where that does") {
    const std::vector<Found> people = Maps().add({100, 60, 50, 120}, 0.9f).people();
    REQUIRE(people.size() == 1);
    CHECK(people[0].sure);
    CHECK(people[0].box.x == doctest::Approx(100).epsilon(1e-3));
    CHECK(people[0].box.h == doctest::Approx(120).epsilon(1e-3));
    const std::vector<Found> outside = Maps().add({-30, 200, 80, 160}, 0.9f).people();
    CHECK(outside.at(0).box.x == 0);
    CHECK(outside.at(0).box.y + outside.at(0).box.h == doctest::Approx(300));
}

TEST_CASE("everybody is found once, and who is likely and in the middle comes first") {
    Maps maps;
    maps.add({20, 100, 60, 120}, 0.8f).add({170, 100, 60, 120}, 0.8f).add({176, 104, 60, 120}, 0.7f);
    const std::vector<Found> people = maps.people();
    REQUIRE(people.size() == 2);
    CHECK(people[0].box.x == doctest::Approx(170).epsilon(1e-3));
}

TEST_CASE("poses settle who is in doubt and nobody else") {
    Maps maps;
    maps.add({20, 100, 60, 120}, 0.9f).add({120, 100, 60, 120}, 0.5f).add({220, 100, 60, 120}, 0.2f);
    int asked = 0;
    const auto confidence = [&](const sspnet_box& box) { return ++asked, box.x < 200 ? 0.1f : 0.8f; };
    const std::vector<Found> people = judged(maps.people(), kNumbers, confidence, 20, true);
    CHECK(asked == 2);
    REQUIRE(people.size() == 3);
    CHECK(people[0].sure);
    CHECK(people[1].sure);
    CHECK_FALSE(people[2].sure);
    CHECK(people[2].box.x == doctest::Approx(120).epsilon(1e-3));
    asked = 0;
    judged(maps.people(), kNumbers, confidence, 0, true);
    CHECK(asked == 0);
}

TEST_CASE("nobody looks at who is not worth it, nor at all of a crowd") {
    Maps maps;
    maps.add({20, 100, 30, 60}, 0.14f);
    for (int i = 0; i < 9; ++i) maps.add({70 + 35.0f * float(i), 100, 30, 60}, 0.3f);
    int asked = 0;
    bool faint = false;
    const auto confidence = [&](const sspnet_box& box) { return ++asked, faint = faint || box.x < 50, 1.0f; };
    judged(maps.people(), kNumbers, confidence, 20, true);
    CHECK(asked == 6);
    CHECK_FALSE(faint);
}

TEST_CASE("a view has the picture's shape, in multiples of the stride") {
    CHECK(view_of(picture(400, 300), 320, 32) == std::array<int, 2>{320, 256});
    CHECK(view_of(picture(300, 400), 320, 32) == std::array<int, 2>{256, 320});
    CHECK(view_of(picture(8, 8), 320, 32) == std::array<int, 2>{288, 288});
    const std::array<int, 2> thin = view_of(picture(400, 8), 320, 32);
    CHECK(thin[1] == 32);
    CHECK(thin[0] * thin[1] <= 1.1 * 0.75 * 320 * 320);
}
