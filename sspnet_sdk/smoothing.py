"""Less jitter at hardly any lag: a constant-velocity filter on keypoints, 3D joints and distance, after sides are put right."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from sspnet_sdk.camera import check_camera
from sspnet_sdk.errors import OptionError
from sspnet_sdk.pose import Pose
from sspnet_sdk.steady_distance import SteadyDistance
from sspnet_sdk.swaps import SideKeeper
from sspnet_sdk.tracking_filter import TrackingFilter, Tuning

_BODY_MM = 1800.0  # what a box's longer side is to keypoints, this is to 3D joints
_SPAN = 5.0  # smooth = 0 has cutoffs so many times those of 0.5, smooth = 1 so many times less
JOINTS = Tuning(0.8, 2.2, 1.3, 2.9, 4.1, 0.76, 3.3, 3.7)
DISTANCE = Tuning(0.4, 0.45, 1.9, 0.0, 0.3, 0.17, 1.0)


class PoseSmoother:
    """Smooths one person's poses over time.

    Args:
        smooth: 0 leaves poses as they are, 1 smooths most. What 0.5 does is measured in docs/video.md.
    """

    def __init__(self, smooth: float = 0.5) -> None:
        self._smooth = check_smooth(smooth)
        factor = span_of(self._smooth)
        self._keypoints, self._joints3d = (TrackingFilter(JOINTS.scaled(factor)) for _ in range(2))
        self._distance = SteadyDistance(DISTANCE.scaled(factor))
        self._sides = SideKeeper()

    def __call__(self, pose: Pose, time_s: float) -> Pose:
        """The pose at `time_s` (seconds, ascending) with sides put right and smoothed `keypoints`, `joints3d`, and distance
        from the camera."""
        if self._smooth == 0.0:
            return pose
        pose = self._sides(pose, time_s)
        keypoints = self._keypoints(pose.keypoints, time_s, body_px(pose), pose.confidence).astype(np.float32)
        joints3d = self._joints3d(pose.joints3d, time_s, _BODY_MM, pose.confidence).astype(np.float32)
        return with_distance(dataclasses.replace(pose, keypoints=keypoints, joints3d=joints3d), time_s, self._distance)


def with_distance(pose: Pose, time_s: float, distance: SteadyDistance) -> Pose:
    """A pose with smooth `keypoints` and `joints3d`, and with a smooth distance in `joints3d_camera` if it has that."""
    if pose.joints3d_camera is None:
        return pose
    in_camera = check_camera(pose.camera).unproject(pose.keypoints, pose.joints3d[:, 2] + distance(pose, time_s))
    return dataclasses.replace(pose, joints3d_camera=in_camera)


def body_px(pose: Pose) -> float:
    """The longer side of the person's box."""
    return max(float(pose.box[2:].max()), 1.0)


def span_of(smooth: float) -> float:
    """What cutoffs are multiplied by: 1 at smooth = 0.5."""
    return float(_SPAN ** (1.0 - 2.0 * smooth))


def check_smooth(smooth: float) -> float:
    """`smooth` if it lies in 0..1, else an `OptionError`."""
    try:
        number = math.nan if isinstance(smooth, (str, bytes)) else float(smooth)
    except (TypeError, ValueError):
        number = math.nan
    if not 0.0 <= number <= 1.0:
        raise OptionError(f"smooth must be a number from 0 (off) to 1, not {smooth!r}")
    return number
