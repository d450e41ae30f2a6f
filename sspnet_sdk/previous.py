"""The pose of a frame before, as the network takes it: on the crop of this frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.crop import Crop
from sspnet_sdk.pose import Pose


def on_crops(previous: Sequence[Pose | None], crops: Sequence[Crop], joints: int, depth_range_mm: float) -> NDArray[np.float32]:
    """(N, J, 4) u, v, z, confidence. Of None and of an `unsure` pose nothing is known: confidence 0."""
    inputs = np.zeros((len(crops), joints, 4), np.float32)
    for row, pose, crop in zip(inputs, previous, crops, strict=True):
        if pose is not None and not pose.unsure:
            row[:, :2] = crop.from_image(pose.keypoints)
            row[:, 2] = pose.joints3d[:, 2] / depth_range_mm + 0.5
            row[:, 3] = pose.confidence
    return inputs
