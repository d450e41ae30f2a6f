"""Less jitter at hardly any lag: a constant-velocity filter on keypoints, 3D joints and distance, after sides are put right."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.camera import check_camera
from sspnet_sdk.errors import OptionError
from sspnet_sdk.pose import Pose
from sspnet_sdk.swaps import SideKeeper

Points = NDArray[np.float64]

_BODY_MM = 1800.0  # what a box's longer side is to keypoints, this is to 3D joints
_SPAN = 5.0  # smooth = 0 has cutoffs so many times those of 0.5, smooth = 1 so many times less
_LONGEST_GAP_S = 0.5  # after a longer silence the person may be anywhere: start anew
_FIRST_ERROR = 0.004  # of the body, before anything is known of its size


@dataclasses.dataclass(frozen=True)
class Tuning:
    """Tuning of a `TrackingFilter` for smooth = 0.5, found by search on kinematic sequences with made-up noise.

    `benchmarks/motion.py` makes these sequences.

    Attributes:
        rest_hz: cutoff at rest.
        astray_hz: what it gains where all of the filter's error is systematic.
        sharpness: exponent of that share.
        per_speed_hz: what it gains per body length a second.
        error_hz: cutoff of the means that tell systematic from random.
        velocity_gain: what the velocity takes of an error, next to what the place takes.
        velocity_decay: per second: what moves will stop.
    """

    rest_hz: float
    astray_hz: float
    sharpness: float
    per_speed_hz: float
    error_hz: float
    velocity_gain: float
    velocity_decay: float

    def scaled(self, factor: float) -> Tuning:
        """The same with cutoffs times `factor`."""
        return dataclasses.replace(
            self, rest_hz=self.rest_hz * factor, astray_hz=self.astray_hz * factor, per_speed_hz=self.per_speed_hz * factor
        )


JOINTS = Tuning(0.9, 3.4, 5.5, 3.6, 4.8, 0.8, 2.7)
DISTANCE = Tuning(0.4, 0.45, 1.9, 0.0, 0.3, 0.17, 1.0)
_FASTEST_HZ = 25.0


class TrackingFilter:
    """A constant-velocity (alpha-beta) filter. Its gain rises with speed, and where its errors are systematic.

    Errors that go to and fro are noise. Errors that all point one way say that the filter lags (Trigg's tracking signal, 1964:
    the squared mean of the errors over their mean square). So a limb that sets off is followed at once, at any level of noise.
    """

    def __init__(self, tuning: Tuning) -> None:
        self._tuning = tuning
        self._time: float | None = None
        self._value = self._velocity = self._error = self._square = np.zeros(0)

    def __call__(self, points: NDArray, time_s: float, unit: float = 1.0) -> Points:
        """Filter `points` (N, D), taken at `time_s`; each point has a gain of its own, from its speed in `unit` per second.

        Times must ascend; a call that does not move time forward gives the last value back.
        """
        points, tuning = np.asarray(points, np.float64), self._tuning
        elapsed = math.inf if self._time is None else time_s - self._time
        if elapsed <= 0.0:
            return self._value.copy()
        self._time = time_s
        if elapsed > _LONGEST_GAP_S:
            self._value, self._velocity, self._error = points.copy(), np.zeros_like(points), np.zeros_like(points)
            self._square = np.full((len(points), 1), (_FIRST_ERROR * unit) ** 2)
            return points.copy()
        expected = self._value + self._velocity * elapsed
        error = points - expected
        share = self._systematic(error, _share(tuning.error_hz, elapsed))
        speed = np.linalg.norm(self._velocity, axis=-1, keepdims=True) / unit
        cutoff = tuning.rest_hz + tuning.astray_hz * share**tuning.sharpness + tuning.per_speed_hz * speed
        gain = _share(np.minimum(cutoff, _FASTEST_HZ), elapsed)
        self._value = expected + gain * error
        towards = self._velocity + tuning.velocity_gain * gain * error / elapsed
        self._velocity = towards * math.exp(-tuning.velocity_decay * elapsed)
        return self._value.copy()

    def _systematic(self, error: Points, weight: Points) -> Points:
        """(N, 1) share of the errors that is systematic, 0..1."""
        self._error = self._error + weight * (error - self._error)
        self._square = self._square + weight * ((error**2).sum(axis=-1, keepdims=True) - self._square)
        share = (self._error**2).sum(axis=-1, keepdims=True) / np.maximum(self._square, 1e-12)
        return np.minimum(share, 1.0)


def _share(cutoff_hz: float | Points, elapsed: float) -> Points:
    return np.asarray(1.0 - np.exp(-2.0 * math.pi * np.asarray(cutoff_hz) * elapsed))


class PoseSmoother:
    """Smooths one person's poses over time.

    Args:
        smooth: 0 leaves poses as they are, 1 smooths most. What 0.5 does is measured in docs/video.md.
    """

    def __init__(self, smooth: float = 0.5) -> None:
        self._smooth = check_smooth(smooth)
        factor = _SPAN ** (1.0 - 2.0 * self._smooth)
        self._keypoints, self._joints3d = (TrackingFilter(JOINTS.scaled(factor)) for _ in range(2))
        self._distance = TrackingFilter(DISTANCE.scaled(factor))
        self._sides = SideKeeper()

    def __call__(self, pose: Pose, time_s: float) -> Pose:
        """The pose at `time_s` (seconds, ascending) with sides put right and smoothed `keypoints`, `joints3d`, and distance
        from the camera."""
        if self._smooth == 0.0:
            return pose
        pose = self._sides(pose, time_s)
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
