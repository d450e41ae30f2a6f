"""Less jitter at little lag: the One Euro filter (Casiez, Roussel, Vogel, CHI 2012) on keypoints and 3D joints."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.camera import check_camera
from sspnet_sdk.errors import OptionError
from sspnet_sdk.pose import Pose

Points = NDArray[np.float64]

_BODY_MM = 1800.0  # what a box's longer side is to keypoints, this is to 3D joints
_LIGHTEST_HZ, _HEAVIEST_HZ = 10.0, 0.3  # cutoff at rest for smooth → 0 and smooth = 1
_BETA = 10.0  # Hz that the cutoff gains per body length a second: fast limbs are followed, not smoothed
_SPEED_CUTOFF_HZ = 1.0
_LONGEST_GAP_S = 0.5  # after a longer silence the person may be anywhere: start anew


class OneEuro:
    """A low-pass filter whose cutoff rises with speed: still points rest, fast ones do not lag.

    Args:
        min_cutoff_hz: cutoff at rest; lower is smoother.
        beta: how much the cutoff rises per unit of speed.
        speed_cutoff_hz: cutoff for the speed itself.
    """

    def __init__(self, min_cutoff_hz: float, beta: float, speed_cutoff_hz: float = _SPEED_CUTOFF_HZ) -> None:
        self._min_cutoff, self._beta, self._speed_cutoff = min_cutoff_hz, beta, speed_cutoff_hz
        self._time: float | None = None
        self._value: Points = np.zeros(0)
        self._velocity: Points = np.zeros(0)

    def __call__(self, points: NDArray, time_s: float, unit: float = 1.0) -> Points:
        """Filter `points` (N, D), taken at `time_s`; each point has one cutoff, from its speed in `unit` per second.

        Times must ascend; a call that does not move time forward gives the last value back.
        """
        points = np.asarray(points, np.float64)
        elapsed = math.inf if self._time is None else time_s - self._time
        if elapsed <= 0.0:
            return self._value.copy()
        self._time = time_s
        if elapsed > _LONGEST_GAP_S:
            self._value, self._velocity = points.copy(), np.zeros_like(points)
            return points.copy()
        raw_velocity = (points - self._value) / elapsed
        self._velocity += _weight(self._speed_cutoff, elapsed) * (raw_velocity - self._velocity)
        speed = np.linalg.norm(self._velocity, axis=-1, keepdims=True) / unit
        self._value = self._value + _weight(self._min_cutoff + self._beta * speed, elapsed) * (points - self._value)
        return self._value.copy()


def _weight(cutoff_hz: float | Points, elapsed: float) -> float | Points:
    return 1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff_hz * elapsed))


class PoseSmoother:
    """Smooths one person's poses over time.

    Args:
        smooth: 0 leaves poses as they are, 1 smooths most. 0.5 takes three quarters of the jitter (change from frame to frame)
            out of a person who stands still, and delays moving limbs by half a frame at 30 frames per second
            (tests/output/test_smoothing.py).
    """

    def __init__(self, smooth: float = 0.5) -> None:
        self._smooth = check_smooth(smooth)
        cutoff = _LIGHTEST_HZ * (_HEAVIEST_HZ / _LIGHTEST_HZ) ** self._smooth
        self._keypoints, self._joints3d, self._distance = (OneEuro(cutoff, _BETA) for _ in range(3))

    def __call__(self, pose: Pose, time_s: float) -> Pose:
        """The pose at `time_s` (seconds, ascending) with smoothed `keypoints`, `joints3d`, and distance from the camera."""
        if self._smooth == 0.0:
            return pose
        size = max(float(pose.box[2:].max()), 1.0)
        keypoints = self._keypoints(pose.keypoints, time_s, size).astype(np.float32)
        joints3d = self._joints3d(pose.joints3d, time_s, _BODY_MM).astype(np.float32)
        in_camera = None
        if pose.joints3d_camera is not None:
            root_z = np.exp(self._distance(np.log(pose.joints3d_camera[:1, 2:]), time_s)[0])
            in_camera = check_camera(pose.camera).unproject(keypoints, joints3d[:, 2] + root_z)
        return dataclasses.replace(pose, keypoints=keypoints, joints3d=joints3d, joints3d_camera=in_camera)


def check_smooth(smooth: float) -> float:
    """`smooth` if it lies in 0..1, else an `OptionError`."""
    try:
        number = math.nan if isinstance(smooth, (str, bytes)) else float(smooth)
    except (TypeError, ValueError):
        number = math.nan
    if not 0.0 <= number <= 1.0:
        raise OptionError(f"smooth must be a number from 0 (off) to 1, not {smooth!r}")
    return number
