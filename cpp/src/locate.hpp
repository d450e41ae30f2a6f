// Find people in a whole image: with the finder in all of it, then from nearer; where it doubts, poses say who is a person.
#pragma once

#include "peaks.hpp"

namespace sspnet::core {

/// What the pose in a box tells: its mean confidence, 0..1, and the box around the joints that it sees (box_of_seen_joints).
struct Look {
    float confidence;
    sspnet_box box;
};

using LookAt = std::function<Look(const sspnet_box&)>;

/// People, the most prominent first. The first `looks` of those that are small are looked at again from nearer: in the whole
/// picture they have too few cells for a right box. Where nobody is found clearly, `look_at` (or none) tells from the pose
/// whether that is a person; if not, `run_finer`, a finder of more cells (or none), is asked for people who are smaller still,
/// and poses choose.
std::vector<Found> find_people(const Image& image, const Peaks& peaks, const RunFinder& run_finder, int looks,
                               const RunFinder& run_finer = {}, const LookAt& look_at = {});

}  // namespace sspnet::core
