// Find people in a whole image: peaks of the finder's centre map, the joints that belong to each, the box that joints imply.
#pragma once

#include "crop.hpp"

#include <array>
#include <functional>
#include <optional>
#include <vector>

namespace sspnet::core {

/// Joints with a heatmap of their own.
inline constexpr std::array<int, 13> kMarkedJoints = {1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16};

using MarkedJoints = std::array<std::array<float, 2>, kMarkedJoints.size()>;

/// A person: box in pixels of the image; mean likelihood of the limb joints, 0..1; whether that is more than an empty picture
/// gives; and the joints.
struct Found {
    sspnet_box box;
    float score;
    bool sure;
    std::optional<MarkedJoints> joints;
};

/// The finder's answer on a crop: `centre` (rows, columns) in [0, 1], `joints` (J, 2, rows, columns) in [0, 1] of the crop,
/// `heat` (J, rows, columns).
struct FinderMaps {
    const float *centre, *joints, *heat;
    int rows, columns;
};

using RunFinder = std::function<FinderMaps(const Crop&)>;

/// What the pose in a box tells: its mean confidence, 0..1, and the box around the joints that it sees (box_of_seen_joints).
struct Look {
    float confidence;
    sspnet_box box;
};

using LookAt = std::function<Look(const sspnet_box&)>;

/// People, the most prominent first. The first `looks` of those that are small are looked at again from nearer: in the whole
/// picture they have too few cells for a right box. Where nobody is found clearly, `look_at` (or none) tells from the pose whether that
/// is a person; if not, `run_finer`, a finder of more cells (or none), is asked for people who are smaller still, and poses choose.
std::vector<Found> find_people(const Image& image, const RunFinder& run_finder, int looks, const RunFinder& run_finer = {},
                               const LookAt& look_at = {});

/// The person's box that joints in pixels imply: around them, and a margin for what no joint marks.
sspnet_box box_of_joints(const MarkedJoints& keypoints);

/// The box around the joints that a pose sees, and a little more for limbs that it does not, inside its picture: joints outside are
/// guesses. Sides may come out 0.
sspnet_box box_of_seen_joints(const sspnet_pose& pose, const Image& image);

/// Intersection over union of two boxes.
float iou(const sspnet_box& a, const sspnet_box& b);

}  // namespace sspnet::core
