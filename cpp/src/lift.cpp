#include "lift.hpp"

#include <algorithm>
#include <cmath>

namespace sspnet::core {
namespace {

constexpr double kTypicalExtentMm = 1700;  // the longer side of a person's box, where bones cannot tell
// Of the scale that the typical extent gives: a person lying towards the camera … a box around a part.
constexpr double kLowestShare = 0.25, kHighestShare = 2.5;

double square(double value) { return value * value; }

}  // namespace

void lift(const float (&depth)[SSPNET_JOINTS], const std::vector<Bone>& bones, double depth_range_mm, double extent_px,
          sspnet_pose& pose) {
    for (int j = 0; j < pose.joint_count; ++j) pose.joints3d[j][2] = (depth[j] - depth[0]) * float(depth_range_mm);
    const float scale = float(millimetres_per_pixel(pose, bones, extent_px));
    for (int j = 0; j < pose.joint_count; ++j)
        for (int axis = 0; axis < 2; ++axis) pose.joints3d[j][axis] = (pose.keypoints[j][axis] - pose.keypoints[0][axis]) * scale;
}

double millimetres_per_pixel(const sspnet_pose& pose, const std::vector<Bone>& bones, double extent_px) {
    const double typical = kTypicalExtentMm / extent_px;
    double above = 0, below = 0, weights = 0;
    for (const Bone& bone : bones) {
        const float *a = pose.keypoints[bone.a], *b = pose.keypoints[bone.b];
        const double l2 = square(a[0] - b[0]) + square(a[1] - b[1]);
        const double dz = pose.joints3d[bone.a][2] - pose.joints3d[bone.b][2];
        const double weight = std::min(pose.confidence[bone.a], pose.confidence[bone.b]) + 1e-6f;
        above += weight * l2 * std::max(square(bone.length_mm) - square(dz), 0.0);
        below += weight * l2 * l2;
        weights += weight;
    }
    if (below < 1e-6 * std::pow(extent_px, 4) * weights) return typical;  // all joints of a limb in one place
    return std::clamp(std::sqrt(above / below), kLowestShare * typical, kHighestShare * typical);
}

}  // namespace sspnet::core
