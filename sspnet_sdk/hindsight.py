"""Smoothing of recordings: each pose by those before and after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

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

_BEHIND = 9  # poses before it that count
_CUTOFF_HZ = 3.0  # at smooth = 0.5
_LONGEST_GAP_S = 0.5  # after a longer silence the person may be anywhere
_JUMP = 0.6  # of the body, across and down, from one frame to the next: the picture has changed


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


@dataclass(frozen=True, eq=False)
class _Answer:
    """One pose, and it as (J, 6) numbers: keypoint, 3D joint, confidence."""

    time_s: float
    pose: Pose
    numbers: NDArray[np.float64]

    def reordered(self, order: NDArray[np.int64]) -> _Answer:
        return _Answer(self.time_s, reordered(self.pose, order), self.numbers[order])


class _Stretch:
    """Poses of one person without a gap or a jump."""

    def __init__(self, joints: int) -> None:
        self._given: deque[_Answer] = deque(maxlen=_BEHIND)
        self.waiting: deque[_Answer] = deque()
        self._sides = SidesInHindsight(joints, MOST_AHEAD + 1)

    def is_over(self, pose: Pose, time_s: float) -> bool:
        """Whether this pose is not the next one."""
        last = (self.waiting or self._given)[-1]
        moved = np.abs(pose.keypoints - last.pose.keypoints).sum(axis=1)
        return time_s - last.time_s > _LONGEST_GAP_S or float(np.sort(moved)[len(moved) // 2]) > _JUMP * body_px(pose)

    def add(self, pose: Pose, time_s: float) -> None:
        numbers = np.concatenate([pose.keypoints, pose.joints3d, pose.confidence[:, None]], axis=1, dtype=np.float64)
        self.waiting.append(_Answer(time_s, pose, numbers))
        self._sides.add(numbers[:, :2], numbers[:, 5], body_px(pose), time_s)

    def next(self, cutoff_hz: float) -> tuple[float, Pose]:
        changed = self._sides.changed(len(self.waiting))
        right = [self._changed(answer, limbs) for answer, limbs in zip(self.waiting, changed, strict=True)]
        smooth = _smoothed([*self._given, *right], len(self._given), cutoff_hz)
        self.waiting.popleft()
        self._given.append(right[0])
        return right[0].time_s, smooth

    def _changed(self, answer: _Answer, limbs: NDArray[np.bool_]) -> _Answer:
        """The answer with the labels of some limbs changed."""
        if not limbs.any():
            return answer
        order = np.arange(len(answer.numbers))
        for pairs in (pairs for pairs, changed in zip(self._sides.limbs, limbs, strict=True) if changed):
            order[pairs] = order[pairs[:, ::-1]]
        return answer.reordered(order)


def _smoothed(answers: Sequence[_Answer], index: int, cutoff_hz: float) -> Pose:
    times, pose = np.array([answer.time_s for answer in answers]), answers[index].pose
    numbers = np.stack([answer.numbers for answer in answers])
    trust = numbers[..., 5] * lone(numbers[..., :2], times, body_px(pose))
    share = shares(times, index, trust, cutoff_hz)
    smooth = (share[..., None] * numbers[..., :5]).sum(axis=0).astype(np.float32)
    return replace(pose, keypoints=smooth[:, :2].copy(), joints3d=smooth[:, 2:].copy())
