// Find people in a whole image: peaks of the finder's centre map, and the box that joints imply.
#pragma once

#include "crop.hpp"

#include <functional>
#include <vector>

namespace sspnet::core {

/// A person, and how likely there is one, 0..1.
struct Found {
    sspnet_box box;
    float score;
};

/// The finder's answer on a crop: `centre` (rows, columns) in [0, 1], `joints` (17, 2, rows, columns) in [0, 1] of the crop.
struct FinderMaps {
    const float *centre, *joints;
    int rows, columns;
};

using RunFinder = std::function<FinderMaps(const Crop&)>;

/// People in the image, best first; small ones are looked at again from nearer.
std::vector<Found> find_people(const Image& image, const RunFinder& run_finder);

/// The person's box that (17, 2) joints in pixels imply: around them, and a margin for what no joint marks.
sspnet_box box_of_joints(const float (&keypoints)[SSPNET_JOINTS][2]);

/// Intersection over union of two boxes.
float iou(const sspnet_box& a, const sspnet_box& b);

}  // namespace sspnet::core
