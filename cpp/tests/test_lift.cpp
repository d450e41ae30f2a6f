#include "lift.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace sspnet::core;

namespace {

const std::vector<Bone> kBones = {{1, 2, 421}, {2, 3, 415}, {4, 5, 421}, {5, 6, 415}};

/// Legs of true length under the pelvis, `mm_per_px` apart from the image, leaning away from the camera by dz.
sspnet_pose standing(double mm_per_px, float (&depth)[SSPNET_JOINTS], double dz) {
    sspnet_pose pose = {};
    pose.joint_count = SSPNET_JOINTS;
    for (int j = 0; j < SSPNET_JOINTS; ++j) depth[j] = 0.5f, pose.confidence[j] = 1;
    const double knee = std::sqrt(421.0 * 421 - dz * dz), ankle = knee + std::sqrt(415.0 * 415 - dz * dz);
    for (const int hip : {1, 4}) {
        pose.keypoints[hip + 1][1] = float(knee / mm_per_px), pose.keypoints[hip + 2][1] = float(ankle / mm_per_px);
        depth[hip + 1] = float(0.5 + dz / 2000), depth[hip + 2] = float(0.5 + 2 * dz / 2000);
    }
    return pose;
}

}  // namespace

TEST_CASE("millimetres come from the bones' true lengths, however they lean") {
    for (const double dz : {0.0, 150.0, 300.0}) {
        float depth[SSPNET_JOINTS];
        sspnet_pose pose = standing(4.0, depth, dz);
        lift(depth, kBones, 2000, 400, pose);
        CHECK(pose.joints3d[0][0] == 0);
        CHECK(pose.joints3d[0][2] == 0);
        CHECK(pose.joints3d[3][2] == doctest::Approx(2 * dz).epsilon(0.001));
        CHECK(pose.joints3d[2][1] == doctest::Approx(4.0 * pose.keypoints[2][1]).epsilon(0.001));
    }
}

TEST_CASE("where all joints lie in one place the box gives the scale") {
    sspnet_pose pose = {};
    for (float& confidence : pose.confidence) confidence = 1;
    CHECK(millimetres_per_pixel(pose, kBones, 340) == doctest::Approx(1700.0 / 340));
}

TEST_CASE("the scale stays within what a person's box allows") {
    float depth[SSPNET_JOINTS];
    sspnet_pose pose = standing(40.0, depth, 0);
    CHECK(millimetres_per_pixel(pose, kBones, 170) == doctest::Approx(2.5 * 10));
}
