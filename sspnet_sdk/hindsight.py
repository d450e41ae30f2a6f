"""Smoothing of recordings: each pose by those before and after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.pose import Pose
from sspnet_sdk.sides_in_hindsight import SidesInHindsight
from sspnet_sdk.smoothing import DISTANCE, body_px, span_of, with_distance
from sspnet_sdk.steady_distance import SteadyDistance
from sspnet_sdk.swaps import reordered
from sspnet_sdk.two_sided_filter import lone, shares

AHEAD_S, MOST_AHEAD = 0.2, 8
"""A pose waits for those that come so soon after it, and for so many of them at most."""

_BEHIND = 10  # poses before it that count
_CUTOFF_HZ = 3.0  # at smooth = 0.5
_LONGEST_GAP_S = 0.5  # after a longer silence the person may be anywhere
_JUMP = 0.5  # of the body, from one frame to the next: the picture has changed


class Hindsight:
    """Smooths one person's poses in a recording.

    Args:
        smooth: 0 leaves poses nearly as they are, 1 smooths most.
    """

    def __init__(self, smooth: float = 0.5) -> None:
        factor = span_of(smooth)
        self._cutoff_hz = _CUTOFF_HZ * factor
        self._distance = SteadyDistance(DISTANCE.scaled(factor))
        self._stretches: deque[_Stretch] = deque()

    def add(self, pose: Pose, time_s: float) -> None:
        """Take the next pose, at `time_s` (seconds, ascending)."""
        if not self._stretches or self._stretches[-1].is_over(pose, time_s):
            self._stretches.append(_Stretch(len(pose.keypoints)))
        self._stretches[-1].add(pose, time_s)

    def next(self) -> Pose:
        """The first pose that was not given back yet: sides put right, `keypoints`, `joints3d` and distance from the camera
        smoothed by all poses that were added."""
        while not self._stretches[0].waiting:
            self._stretches.popleft()
        time_s, pose = self._stretches[0].next(self._cutoff_hz)
        return with_distance(pose, time_s, self._distance)


class _Stretch:
    """Poses of one person without a gap or a jump."""

    def __init__(self, joints: int) -> None:
        self._given: deque[tuple[float, Pose]] = deque(maxlen=_BEHIND)
        self.waiting: deque[tuple[float, Pose]] = deque()
        self._sides = SidesInHindsight(joints, MOST_AHEAD + 1)

    def is_over(self, pose: Pose, time_s: float) -> bool:
        """Whether this pose is not the next one."""
        last_s, last = (self.waiting or self._given)[-1]
        moved = np.linalg.norm(pose.keypoints - last.keypoints, axis=1)
        return time_s - last_s > _LONGEST_GAP_S or float(np.median(moved)) > _JUMP * body_px(pose)

    def add(self, pose: Pose, time_s: float) -> None:
        self.waiting.append((time_s, pose))
        self._sides.add(pose.keypoints, pose.confidence, body_px(pose), time_s)

    def next(self, cutoff_hz: float) -> tuple[float, Pose]:
        changed = self._sides.changed(len(self.waiting))
        right = [(time, self._changed(pose, limbs)) for (time, pose), limbs in zip(self.waiting, changed, strict=True)]
        index = len(self._given)
        times, poses = zip(*self._given, *right, strict=True)
        self.waiting.popleft()
        self._given.append(right[0])
        return times[index], _smoothed(np.array(times), poses, index, cutoff_hz)

    def _changed(self, pose: Pose, limbs: NDArray[np.bool_]) -> Pose:
        """The pose with the labels of some limbs changed."""
        if not limbs.any():
            return pose
        order = np.arange(len(pose.keypoints))
        for pairs in (pairs for pairs, changed in zip(self._sides.limbs, limbs, strict=True) if changed):
            order[pairs] = order[pairs[:, ::-1]]
        return reordered(pose, order)


def _smoothed(times: NDArray[np.float64], poses: Sequence[Pose], index: int, cutoff_hz: float) -> Pose:
    keypoints = np.stack([pose.keypoints.astype(np.float64) for pose in poses])
    trust = np.stack([pose.confidence for pose in poses]) * lone(keypoints, times, body_px(poses[index]))
    share = shares(times, index, trust, cutoff_hz)
    joints3d = np.stack([pose.joints3d for pose in poses])
    smooth = [(share[..., None] * points).sum(axis=0).astype(np.float32) for points in (keypoints, joints3d)]
    return replace(poses[index], keypoints=smooth[0], joints3d=smooth[1])
