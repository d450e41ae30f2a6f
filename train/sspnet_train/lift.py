"""Millimetres from (u, v, z): one scale per person, from the canonical lengths of the limb bones."""

from __future__ import annotations

import numpy as np

from .augment import DEPTH_RANGE_MM
from .data.sample import CANONICAL_BONES_MM, PARENTS


def joints_in_mm(pose: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(N, 17, 3) u, v, z in [0, 1], (N, 17) -> (N, 17, 3) mm from the pelvis: x right, y down, z away from the camera.

    s² = Σ w·l²·max(L² - Δz², 0) / Σ w·l⁴ over limb bones: the scale at which they have their canonical lengths L, least squares.
    """
    z = (pose[..., 2] - 0.5) * DEPTH_RANGE_MM
    above, below = np.zeros(len(pose)), np.full(len(pose), 1e-12)
    for child, length in CANONICAL_BONES_MM.items():
        parent = PARENTS[child]
        flat2 = np.square(pose[:, child, :2] - pose[:, parent, :2]).sum(axis=1)
        weight = np.minimum(confidence[:, child], confidence[:, parent]) + 1e-3
        above += weight * flat2 * np.maximum(length**2 - np.square(z[:, child] - z[:, parent]), 0)
        below += weight * flat2**2
    scale = np.sqrt(above / below)
    joints = np.concatenate([pose[..., :2] * scale[:, None, None], z[..., None]], axis=2)
    return joints - joints[:, :1]
