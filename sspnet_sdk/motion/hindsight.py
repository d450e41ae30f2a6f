"""Smoothing of recordings: each pose by those before and after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.motion.body_filter import Belief, BodyFilter
from sspnet_sdk.motion.body_tuning import RECORDED
from sspnet_sdk.motion.joint_follower import LONGEST_GAP_S, gone_on
from sspnet_sdk.motion.limbs import Limbs
from sspnet_sdk.motion.pose_points import answer_of, body_px, with_points
from sspnet_sdk.motion.sides_in_hindsight import SidesInHindsight
from sspnet_sdk.motion.steady_distance import SteadyDistance
from sspnet_sdk.motion.swaps import reordered
from sspnet_sdk.pose import Pose
from sspnet_sdk.smoothing import DISTANCE, looseness_of, span_of, with_distance

AHEAD_S, MOST_AHEAD = 0.2, 8
"""A pose waits for those that come so soon after it, and for so many of them at most."""

_INSISTED = 10.0  # log odds from which a flip that stands is one, and not two limbs that pass each other
_JUMP = 0.6  # of the body, across and down, from one frame to the next: the picture has changed

Changed = NDArray[np.bool_]


class Hindsight:
    """Smooths one person's poses in a recording.

    Args:
        smooth: 0 leaves poses nearly as they are, 1 smooths most.
    """

    def __init__(self, smooth: float = 0.5) -> None:
        self._looseness = looseness_of(smooth)
        self._distance = SteadyDistance(DISTANCE.scaled(span_of(smooth)))
        self._stretches: deque[_Stretch] = deque()

    def add(self, pose: Pose, time_s: float) -> None:
        """Take the next pose, at `time_s` (seconds, ascending)."""
        answer = _Answer(time_s, pose)
        if not self._stretches or self._stretches[-1].is_over(answer):
            self._stretches.append(_Stretch(answer, self._looseness))
        else:
            self._stretches[-1].add(answer)

    def next(self) -> Pose:
        """The first pose that was not given back yet: sides put right, `keypoints`, `joints3d` and distance from the camera
        smoothed by all poses that were added."""
        while not self._stretches[0].waiting:
            self._stretches.popleft()
        time_s, pose = self._stretches[0].next()
        return with_distance(pose, time_s, self._distance)


@dataclass(frozen=True, eq=False)
class _Answer:
    time_s: float
    pose: Pose


class _Stretch:
    """Poses of one person without a gap or a jump.

    The filter runs ahead over the poses that wait, and anew over those whose labels turn out to have changed.
    """

    def __init__(self, first: _Answer, looseness: float) -> None:
        joints = len(first.pose.keypoints)
        self.waiting: deque[_Answer] = deque()
        self._filter, self._limbs = BodyFilter(joints, looseness, RECORDED), Limbs(joints)
        self._sides = SidesInHindsight(self._limbs, MOST_AHEAD + 1)
        self._given: tuple[_Answer, Belief] | None = None
        self._beliefs: list[tuple[Changed, Belief]] = []
        self.add(first)

    def is_over(self, answer: _Answer) -> bool:
        """Whether this answer is not the next one."""
        moved = np.abs(answer.pose.keypoints - self._latest.pose.keypoints).sum(axis=1)
        jumped = float(np.sort(moved)[len(moved) // 2]) > _JUMP * body_px(answer.pose)
        return answer.time_s - self._latest.time_s > LONGEST_GAP_S or jumped

    def add(self, answer: _Answer) -> None:
        self.waiting.append(answer)
        self._latest = answer
        keypoints, confidence = (values.astype(np.float64) for values in (answer.pose.keypoints, answer.pose.confidence))
        self._sides.add(keypoints, confidence, body_px(answer.pose), answer.time_s)

    def next(self) -> tuple[float, Pose]:
        changed = self._sides.changed(len(self.waiting))
        right = [self._changed(answer, limbs) for answer, limbs in zip(self.waiting, changed, strict=True)]
        self._follow(right, changed)
        points = self._filter.in_hindsight([belief for _, belief in self._beliefs])
        self.waiting.popleft()
        self._given = right[0], self._beliefs.pop(0)[1]
        return right[0].time_s, with_points(right[0].pose, points)

    def _changed(self, answer: _Answer, limbs: Changed) -> _Answer:
        """The answer with the labels of some limbs changed."""
        order = self._limbs.order(limbs)
        return answer if order is None else _Answer(answer.time_s, reordered(answer.pose, order))

    def _follow(self, answers: Sequence[_Answer], changed: NDArray[np.bool_]) -> None:
        """Bring the beliefs up to answers that wait, by the labels that are right as far as is known now, (T, limbs)."""
        last = self._given
        for index, (answer, limbs) in enumerate(zip(answers, changed, strict=True)):
            if index < len(self._beliefs) and (self._beliefs[index][0] != limbs).any():
                del self._beliefs[index:]
            if index == len(self._beliefs):
                self._beliefs.append((limbs, self._believed(answer, last)))
            last = answer, self._beliefs[index][1]

    def _believed(self, answer: _Answer, last: tuple[_Answer, Belief] | None) -> Belief:
        said = answer_of(answer.pose)
        if last is None:
            return self._filter.first(said.points, said.confidence)
        before, belief = last
        elapsed, trusted = answer.time_s - before.time_s, before.pose.confidence.astype(np.float64)
        # What the network insists on is so: nothing glided across.
        return gone_on(self._filter, self._limbs, belief, trusted, said, elapsed, least_odds=_INSISTED)[0]
