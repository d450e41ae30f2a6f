"""Left and right over time. An answer that changes sides between two frames, which no motion explains, is put right."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.motion.body_tuning import SIDES
from sspnet_sdk.motion.joint_follower import JointFollower
from sspnet_sdk.pose import Pose

_MOST = 3.0  # nats of a belief
_TRUST_S = 0.19  # a belief of that size is forgotten within this time

Array = NDArray[np.float64]


class SideKeeper:
    """Keeps one person's left left and right right.

    For each pair of limbs and each frame it asks which is likelier: that each joint goes on as it went, or that the labels have
    changed places. Whether labels are changed now is a belief. It follows these flips, and fades with time, because the network
    sees the whole person and has the last word.
    """

    def __init__(self) -> None:
        self._joints = JointFollower(tuning=SIDES)
        self._changed: Array = np.zeros(0)  # log odds, of each limb

    def __call__(self, pose: Pose, time_s: float) -> Pose:
        """The pose at `time_s` (seconds, ascending) with sides put right. It is the same object where nothing is changed."""
        elapsed, flipped = self._joints.follow(pose, time_s)
        if math.isinf(elapsed):
            self._changed = np.full(len(flipped), -_MOST)
        elif elapsed > 0.0:
            self._believe(elapsed, flipped)
        order = self._joints.limbs.order(self._changed > 0.0)
        return pose if order is None else reordered(pose, order)

    def _believe(self, elapsed: float, flipped: Array) -> None:
        """Bring up to date which labels are changed, by log odds of flips."""
        flip, was = _likelihood(flipped), _likelihood(self._changed)
        now = np.minimum(np.maximum(was * (1 - flip) + (1 - was) * flip, 1e-9), 1 - 1e-9)
        odds = np.log(now / (1 - now)) - _MOST * elapsed / _TRUST_S
        self._changed = np.minimum(np.maximum(odds, -_MOST), _MOST)


def _likelihood(odds: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-odds))


def reordered(pose: Pose, order: NDArray[np.int64]) -> Pose:
    """The pose whose joint i is the joint `order[i]`, (J,), of `pose`."""
    in_camera = None if pose.joints3d_camera is None else pose.joints3d_camera[order]
    return replace(
        pose, keypoints=pose.keypoints[order], joints3d=pose.joints3d[order], confidence=pose.confidence[order],
        joints3d_camera=in_camera,
    )  # fmt: skip
