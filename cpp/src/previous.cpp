#include "previous.hpp"

#include "error.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace sspnet::core {
namespace {

constexpr float kFurthest = 1.0f;  // of the crop, from its middle

bool is_near(float u, float v) { return std::max(std::abs(u - 0.5f), std::abs(v - 0.5f)) <= kFurthest; }

}  // namespace

void place_previous(const sspnet_pose* pose, const Crop& crop, int joints, double depth_range_mm, float* out) {
    std::fill_n(out, 4 * std::size_t(joints), 0.0f);
    if (pose == nullptr || pose->joint_count == 0 || pose->unsure) return;
    for (int j = 0; j < joints; ++j, out += 4) {
        const float u = crop.u(pose->keypoints[j][0]), v = crop.v(pose->keypoints[j][1]);
        if (!is_near(u, v)) continue;
        out[0] = u, out[1] = v;
        out[2] = pose->joints3d[j][2] / float(depth_range_mm) + 0.5f;
        out[3] = pose->confidence[j];
    }
}

void check_previous(const sspnet_pose& pose, int joints) {
    if (pose.joint_count == 0) return;
    if (pose.joint_count != joints)
        throw OptionError("previous must hold poses of " + std::to_string(joints) +
                          " joints, as this estimator gives them, or of 0, not " + std::to_string(pose.joint_count));
    for (int j = 0; j < joints; ++j)
        for (const float value : {pose.keypoints[j][0], pose.keypoints[j][1], pose.joints3d[j][2], pose.confidence[j]})
            if (!std::isfinite(value)) throw OptionError("previous must hold poses of finite numbers");
}

}  // namespace sspnet::core
