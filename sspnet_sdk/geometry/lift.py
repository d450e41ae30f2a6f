"""From the network's u, v, z to millimetres: x and y take one scale per person, from the known lengths of the limb bones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TYPICAL_EXTENT_MM = 1700.0  # the longer side of a person's box, where bones cannot tell
_SCALE_RANGE = (0.25, 2.5)  # of the scale that TYPICAL_EXTENT_MM gives: a person lying towards the camera … a box around a part


def lift(
    keypoints: NDArray[np.float32],
    depth: NDArray[np.float32],
    confidence: NDArray[np.float32],
    bones: NDArray[np.float32],
    depth_range_mm: float,
    extent_px: float,
) -> NDArray[np.float32]:
    """Joints in millimetres relative to the root (joint 0), axes of the camera (x right, y down, z away).

    Args:
        keypoints: (J, 2) pixels.
        depth: (J,) in [0, 1]; z_mm = (z − 0.5)·depth_range_mm (Eq. 10).
        confidence: (J,) in [0, 1]; a bone weighs as much as the lower of its two joints.
        bones: (B, 3): joint, joint, length in mm.
        depth_range_mm: millimetres between depth 0 and 1.
        extent_px: longer side of the person's box in pixels; bounds the scale where bones say nothing.

    Returns:
        (J, 3) float32; row 0 is exactly 0.
    """
    z = (depth - depth[0]) * np.float32(depth_range_mm)
    scale = millimetres_per_pixel(keypoints, z, confidence, bones, extent_px)
    joints = np.empty((len(keypoints), 3), np.float32)
    joints[:, :2] = (keypoints - keypoints[0]) * np.float32(scale)
    joints[:, 2] = z
    return joints


def millimetres_per_pixel(
    keypoints: NDArray[np.float32],
    z_mm: NDArray[np.float32],
    confidence: NDArray[np.float32],
    bones: NDArray[np.float32],
    extent_px: float,
) -> float:
    """s² = Σ w·l²·max(L² − Δz², 0) / Σ w·l⁴, the least-squares fit of s²l² + Δz² = L² over the bones."""
    typical = TYPICAL_EXTENT_MM / extent_px
    low, high = _SCALE_RANGE
    a, b = bones[:, 0].astype(int), bones[:, 1].astype(int)
    l2 = ((keypoints[a] - keypoints[b]).astype(np.float64) ** 2).sum(axis=1)
    seen = np.maximum(bones[:, 2].astype(np.float64) ** 2 - (z_mm[a] - z_mm[b]) ** 2, 0)
    weight = np.minimum(confidence[a], confidence[b]) + 1e-6
    below = float((weight * l2 * l2).sum())
    if below < 1e-6 * extent_px**4 * float(weight.sum()):  # all joints of a limb in one place
        return typical
    return float(np.clip(np.sqrt((weight * l2 * seen).sum() / below), low * typical, high * typical))
