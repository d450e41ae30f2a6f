// The box around a person's joints, and how two boxes overlap.
#pragma once

#include "image.hpp"
#include "thresholds.hpp"

#include <array>
#include <vector>

namespace sspnet::core {

/// x and y in pixels of the image.
using Points = std::vector<std::array<float, 2>>;

/// The person's box that joints imply, of which there is one at least: around them, and a margin for what no joint marks.
sspnet_box box_of_joints(const Points& joints, const PoseThresholds& numbers);

/// The box around the body's joints that a pose sees, and a little more for limbs that it does not, inside its picture: joints
/// outside are guesses. Sides may come out 0.
sspnet_box box_of_seen_joints(const sspnet_pose& pose, const Image& image, const PoseThresholds& numbers);

/// Intersection over union of two boxes.
float iou(const sspnet_box& a, const sspnet_box& b);

inline float longer_side(const sspnet_box& box) { return box.w > box.h ? box.w : box.h; }

}  // namespace sspnet::core
