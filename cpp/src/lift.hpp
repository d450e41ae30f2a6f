// From the network's u, v, z to millimetres: x and y take one scale per person, from the known lengths of the limb bones.
#pragma once

#include "manifest.hpp"

#include <sspnet/sspnet.h>

namespace sspnet::core {

/// Fills `pose.joints3d` (millimetres relative to joint 0, axes of the camera) from its keypoints (pixels) and confidence.
///
/// @param depth      a value in [0, 1] for each of its joints; z_mm = (z − 0.5)·depth_range_mm (Eq. 10)
/// @param extent_px  longer side of the person's box in pixels; bounds the scale where bones say nothing
void lift(const float (&depth)[SSPNET_JOINTS], const std::vector<Bone>& bones, double depth_range_mm, double extent_px,
          sspnet_pose& pose);

/// s² = Σ w·l²·max(L² − Δz², 0) / Σ w·l⁴, the least-squares fit of s²l² + Δz² = L² over the bones; a bone weighs as much as the
/// lower confidence of its two joints. `pose.joints3d` holds z already.
double millimetres_per_pixel(const sspnet_pose& pose, const std::vector<Bone>& bones, double extent_px);

}  // namespace sspnet::core
