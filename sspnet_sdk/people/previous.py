"""The pose of a frame before, as the network takes it: on the crop of this frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.geometry.crop import Crop
from sspnet_sdk.pose import Pose

_FURTHEST = 1.0  # of the crop, from its middle
_LARGEST = {"keypoints": 1e9, "joints3d": 1e6, "confidence": 1.0}  # pixels, mm


def could_be_given(pose: Any, joints: int) -> bool:
    """Whether something is a pose of so many joints whose numbers an estimator may have given."""
    if not isinstance(pose, Pose):
        return False
    shapes = {"keypoints": (joints, 2), "joints3d": (joints, 3), "confidence": (joints,)}
    for name, shape in shapes.items():
        values = getattr(pose, name)
        if np.shape(values) != shape or not (np.abs(values) <= _LARGEST[name]).all():
            return False
    return True


def on_crops(previous: Sequence[Pose | None], crops: Sequence[Crop], joints: int, depth_range_mm: float) -> NDArray[np.float32]:
    """(N, J, 4) u, v, z, confidence.

    Confidence 0 says that nothing is known: of None, of an `unsure` pose, and of a joint far outside the crop. Such a joint ran
    away, and would run further from frame to frame.
    """
    inputs = np.zeros((len(crops), joints, 4), np.float32)
    for row, pose, crop in zip(inputs, previous, crops, strict=True):
        if pose is not None and not pose.unsure:
            row[:, :2] = crop.from_image(pose.keypoints)
            row[:, 2] = pose.joints3d[:, 2] / depth_range_mm + 0.5
            row[:, 3] = pose.confidence
            row[np.abs(row[:, :2] - 0.5).max(axis=1) > _FURTHEST] = 0.0
    return inputs
