#include "person_box.hpp"

#include <algorithm>

namespace sspnet::core {

sspnet_box box_of_joints(const Points& joints, const PoseThresholds& numbers) {
    std::array<float, 2> low = joints[0], high = joints[0];
    for (const auto& joint : joints)
        for (int axis = 0; axis < 2; ++axis)
            low[axis] = std::min(low[axis], joint[axis]), high[axis] = std::max(high[axis], joint[axis]);
    const float longer = std::max({high[0] - low[0], high[1] - low[1], 1.0f});
    const float side = numbers.margin_side * longer, end = numbers.margin_end * longer;
    return {low[0] - side, low[1] - end, high[0] - low[0] + 2 * side, high[1] - low[1] + 2 * end};
}

sspnet_box box_of_seen_joints(const sspnet_pose& pose, const Image& image, const PoseThresholds& numbers) {
    Points all, seen;
    for (int joint = 0; joint < SSPNET_BODY_JOINTS; ++joint) {
        all.push_back({pose.keypoints[joint][0], pose.keypoints[joint][1]});
        if (pose.confidence[joint] >= numbers.seen) seen.push_back(all.back());
    }
    const sspnet_box box = box_of_joints(int(seen.size()) >= numbers.fewest_seen ? seen : all, numbers);
    const float width = float(image.width), height = float(image.height), spare = numbers.margin_unseen * longer_side(box);
    const float left = std::clamp(box.x - spare, 0.0f, width), right = std::clamp(box.x + box.w + spare, 0.0f, width);
    const float top = std::clamp(box.y - spare, 0.0f, height), bottom = std::clamp(box.y + box.h + spare, 0.0f, height);
    return {left, top, right - left, bottom - top};
}

float iou(const sspnet_box& a, const sspnet_box& b) {
    const float width = std::min(a.x + a.w, b.x + b.w) - std::max(a.x, b.x);
    const float height = std::min(a.y + a.h, b.y + b.h) - std::max(a.y, b.y);
    const float shared = std::max(width, 0.0f) * std::max(height, 0.0f);
    return shared / (a.w * a.h + b.w * b.h - shared);
}

}  // namespace sspnet::core
