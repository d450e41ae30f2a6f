// The pose of a frame before, as the network takes it: on the crop of this frame.
#pragma once

#include "crop.hpp"

#include <sspnet/sspnet.h>

namespace sspnet::core {

/// Writes u, v, z, confidence of each joint to `out` (joints, 4). Zeros say that nothing is known: of NULL, of no joints, of an
/// unsure pose, and of a joint far outside the crop, which ran away and would run further from frame to frame.
void place_previous(const sspnet_pose* pose, const Crop& crop, int joints, double depth_range_mm, float* out);

/// Throws OptionError unless a caller's pose has no joints (nobody) or those of this bundle, with finite numbers.
void check_previous(const sspnet_pose& pose, int joints);

}  // namespace sspnet::core
