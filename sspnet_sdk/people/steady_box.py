"""The box that follows a person. It rests with them, goes with them, and does not jump as the network's answers do."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.bundles.thresholds import PoseThresholds
from sspnet_sdk.finding.person_box import box_of_seen_joints
from sspnet_sdk.geometry.crop import Box
from sspnet_sdk.pose import Pose

_STILL, _STILL_SIZE = 0.04, 0.08  # changes of this share of the longer side (of the size) are half followed, smaller ones less
_SHRINK = 0.3  # a limb that goes may come back
_VELOCITY_GAIN, _VELOCITY_LASTS_S = 0.35, 1.0
_SMALLEST_PX = 2.0
_LEAST_STEP_S = 1e-3  # frames that came in a burst were taken further apart than their times say


class SteadyBox:
    """Box of one person.

    Args:
        box: x, y, w, h in pixels, as first seen.
        time_s: when.
        numbers: which joints count as seen.
    """

    def __init__(self, box: Box, time_s: float, numbers: PoseThresholds) -> None:
        self._numbers = numbers
        self._size = np.asarray(box[2:], np.float64).copy()
        self._centre = np.asarray(box[:2], np.float64) + self._size / 2
        self._velocity = np.zeros(2)
        self._time = time_s

    @property
    def box(self) -> Box:
        """(4,) float32, as of the last pose."""
        return np.concatenate([self._centre - self._size / 2, self._size]).astype(np.float32)

    @property
    def velocity(self) -> NDArray[np.float64]:
        """(2,) of the centre, pixels a second."""
        return self._velocity

    def box_at(self, time_s: float) -> Box:
        """Where it will be, if the person goes on as they went."""
        ahead = self._velocity * max(time_s - self._time, 0.0)
        box = self.box
        box[:2] += ahead.astype(np.float32)
        return box

    def scale(self, by: NDArray[np.float32]) -> None:
        """The picture is `by` (2,) times as wide and as high from now on."""
        self._size, self._centre, self._velocity = self._size * by, self._centre * by, self._velocity * by

    def follow(self, pose: Pose, time_s: float, bounds: tuple[int, int]) -> None:
        """Take the next pose.

        The aim is the box around the joints that are seen and lie inside the picture (`bounds`: width, height); joints outside
        are guesses. The nearer the aim is, the smaller is the share of the way that the box goes.
        """
        aim = box_of_seen_joints(pose.keypoints, pose.confidence, *bounds, self._numbers).astype(np.float64)
        if aim[2:].min() < _SMALLEST_PX:
            return
        elapsed = max(time_s - self._time, 0.0)
        expected = self._centre + self._velocity * elapsed
        off = aim[:2] + aim[2:] / 2 - expected
        share = np.linalg.norm(off) / float(self._size.max())
        gain = share / (share + _STILL)
        self._centre = expected + gain * off
        if elapsed > 0.0:
            towards = _VELOCITY_GAIN * gain * off / max(elapsed, _LEAST_STEP_S)
            self._velocity = (self._velocity + towards) * math.exp(-elapsed / _VELOCITY_LASTS_S)
        change = np.log(aim[2:] / self._size)
        grow = np.abs(change) / (np.abs(change) + _STILL_SIZE)
        self._size = self._size * np.exp(np.where(change > 0, 1.0, _SHRINK) * grow * change)
        self._time = time_s
