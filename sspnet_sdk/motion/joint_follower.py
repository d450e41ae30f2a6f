"""Follows one person's joints from pose to pose, also where labels of limbs change places."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.motion.body_filter import Belief, BodyFilter
from sspnet_sdk.motion.body_tuning import LIVE, Tuning
from sspnet_sdk.motion.limbs import Limbs
from sspnet_sdk.motion.pose_points import Answer, answer_of
from sspnet_sdk.pose import Pose

LONGEST_GAP_S = 0.5
"""After a longer silence the person may be anywhere: start anew."""

Array = NDArray[np.float64]


class JointFollower:
    """A `BodyFilter` that goes on with the other labels where labels of limbs change places. So no leg glides across.

    Args:
        looseness: of the filter.
        tuning: of the filter.

    Attributes:
        limbs: of the poses.
        answer: the last pose.
        points: (J, 5) those of the last pose, by all that was seen until then, with its labels.
        order: (J,) whose labels the joints took over in it, as `Belief.order`.
    """

    def __init__(self, looseness: float = 1.0, tuning: Tuning = LIVE) -> None:
        self._looseness, self._tuning = looseness, tuning
        self._time = -math.inf
        self.answer = Answer(np.zeros((0, 5)), np.zeros(0), 1.0)

    @property
    def points(self) -> Array:
        return self._belief.points

    @property
    def order(self) -> NDArray[np.int64] | None:
        return self._belief.order

    def follow(self, pose: Pose, time_s: float) -> tuple[float, Array]:
        """Take the pose at `time_s` (seconds, ascending). -> the seconds since the one before, and log odds that labels of limbs
        changed places in them, (L,). It starts anew (after infinite seconds) with a first pose and after a gap. A pose of the
        same time is not looked at."""
        elapsed = time_s - self._time
        self._time = max(time_s, self._time)
        if elapsed > LONGEST_GAP_S or len(self.answer.points) != len(pose.keypoints):
            elapsed = math.inf
            self._start(answer_of(pose))
        elif elapsed > 0.0:
            return elapsed, self._go_on(answer_of(pose), elapsed)
        return elapsed, np.full(len(self.limbs), -np.inf)

    def _start(self, answer: Answer) -> None:
        joints = len(answer.points)
        self._filter, self.limbs = BodyFilter(joints, self._looseness, self._tuning), Limbs(joints)
        self._belief, self.answer = self._filter.first(answer.points, answer.confidence), answer

    def _go_on(self, answer: Answer, elapsed: float) -> Array:
        trusted, self.answer = self.answer.confidence, answer
        self._belief, flipped = gone_on(self._filter, self.limbs, self._belief, trusted, answer, elapsed)
        return flipped


def gone_on(
    body: BodyFilter, limbs: Limbs, belief: Belief, trusted: Array, answer: Answer, elapsed: float, least_odds: float = 0.0
) -> tuple[Belief, Array]:
    """What is known of a person after the next pose.

    Args:
        body: the filter.
        limbs: of the poses.
        belief: what was known before.
        trusted: (J,) confidence of the pose before.
        answer: of the next one.
        elapsed: seconds between the two.
        least_odds: log odds above which labels of a limb have changed places.

    Returns:
        The belief, and log odds that labels of limbs changed places, (L,).
    """
    points, confidence, size = answer.points, answer.confidence, answer.size
    expected = body.ahead(belief, elapsed, size)
    flipped = limbs.odds_of_flips(expected, points, body.variances(confidence), np.minimum(confidence, trusted), size)
    order = limbs.order(flipped > least_odds)
    expected = expected if order is None else expected.reordered(order)
    return body.taken(expected, points, confidence, size), flipped
