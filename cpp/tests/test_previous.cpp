#include "error.hpp"
#include "previous.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace sspnet::core;

namespace {

sspnet_pose somebody() {
    sspnet_pose pose = {};
    pose.joint_count = 17;
    pose.keypoints[3][0] = 60, pose.keypoints[3][1] = 120;
    pose.joints3d[3][2] = -500;
    pose.confidence[3] = 0.75f;
    return pose;
}

}  // namespace

TEST_CASE("the pose before is placed on the crop of this frame") {
    const sspnet_pose pose = somebody();
    std::vector<float> out(4 * 17, 9);
    place_previous(&pose, {20, 40, 160}, 17, 2000, out.data());
    CHECK(out[12] == doctest::Approx(0.25));
    CHECK(out[13] == doctest::Approx(0.5));
    CHECK(out[14] == doctest::Approx(0.25));
    CHECK(out[15] == 0.75f);
}

TEST_CASE("a joint far outside the crop is not known") {
    sspnet_pose pose = somebody();
    for (const float x : {20 - 0.55f * 160, 20 + 1.55f * 160}) {
        pose.keypoints[3][0] = x;
        std::vector<float> out(4 * 17, 9);
        place_previous(&pose, {20, 40, 160}, 17, 2000, out.data());
        CHECK(std::vector<float>(out.begin() + 12, out.begin() + 16) == std::vector<float>(4, 0));
    }
}

TEST_CASE("of nobody and of an unsure pose nothing is known") {
    sspnet_pose unsure = somebody();
    unsure.unsure = 1;
    const sspnet_pose nobody = {};
    for (const sspnet_pose* pose : std::initializer_list<const sspnet_pose*>{&unsure, &nobody, nullptr}) {
        std::vector<float> out(4 * 17, 9);
        place_previous(pose, {20, 40, 160}, 17, 2000, out.data());
        CHECK(out == std::vector<float>(4 * 17, 0));
    }
}

TEST_CASE("a pose of another skeleton or of numbers that are none is refused") {
    sspnet_pose pose = somebody();
    check_previous(pose, 17);
    check_previous(sspnet_pose{}, 17);
    CHECK_THROWS_WITH_AS(check_previous(pose, 28),
                         "previous must hold poses of 28 joints, as this estimator gives them, or of 0, not 17", OptionError);
    pose.joints3d[2][2] = INFINITY;
    CHECK_THROWS_WITH_AS(check_previous(pose, 17), "previous must hold poses of finite numbers", OptionError);
}
