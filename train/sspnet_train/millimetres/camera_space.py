"""Poses in the camera's millimetres: x, y in pixels and Z = z + Z_root, through the camera's inverse projection (Section 4.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sspnet_train.data.camera import Camera


def camera_space(keypoints: np.ndarray, depth: np.ndarray, root_z: np.ndarray, cameras: Sequence[Camera]) -> np.ndarray:
    """Poses in the camera's millimetres.

    Args:
        keypoints: (N, J, 2) pixels.
        depth: (N, J) mm from the root.
        root_z: (N,) mm from the camera to the root.
        cameras: one for each person.

    Returns:
        (N, J, 3) mm.
    """
    z = depth + root_z[:, None]
    return np.stack([camera.unproject(points, values) for camera, points, values in zip(cameras, keypoints, z, strict=True)])


def root_relative(joints: np.ndarray) -> np.ndarray:
    """(..., 17, 3) -> the same with the root at the origin."""
    return joints - joints[..., :1, :]
