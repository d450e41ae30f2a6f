"""Follows one person's joints from pose to pose, also where labels of limbs change places."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.motion.body_filter import Belief, BodyFilter
from sspnet_sdk.motion.body_tuning import LIVE, Tuning
from sspnet_sdk.motion.limbs import Limbs
from sspnet_sdk.motion.pose_points import body_px, points_of
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
        points: (J, 5) those of the last pose, by all that was seen until then, with its labels.
        order: (J,) whose labels the joints took over in it, as `Belief.order`.
    """

    def __init__(self, looseness: float = 1.0, tuning: Tuning = LIVE) -> None:
        self._looseness, self._tuning = looseness, tuning
        self._time = -math.inf
        self._confidence: Array = np.zeros(0)

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
        elapsed, joints = time_s - self._time, len(pose.keypoints)
        self._time = max(time_s, self._time)
        if elapsed > LONGEST_GAP_S or len(self._confidence) != joints:
            elapsed = math.inf
            self._start(pose, joints)
        elif elapsed > 0.0:
            return elapsed, self._go_on(pose, elapsed)
        return elapsed, np.full(len(self.limbs), -np.inf)

    def _start(self, pose: Pose, joints: int) -> None:
        self._filter, self.limbs = BodyFilter(joints, self._looseness, self._tuning), Limbs(joints)
        self._confidence = pose.confidence.astype(np.float64)
        self._belief = self._filter.first(points_of(pose), self._confidence)

    def _go_on(self, pose: Pose, elapsed: float) -> Array:
        self._belief, flipped = gone_on(self._filter, self.limbs, self._belief, self._confidence, pose, elapsed)
        self._confidence = pose.confidence.astype(np.float64)
        return flipped


def gone_on(
    body: BodyFilter, limbs: Limbs, belief: Belief, trusted: Array, pose: Pose, elapsed: float, least_odds: float = 0.0
) -> tuple[Belief, Array]:
    """What is known of a person after the next pose.

    Args:
        body: the filter.
        limbs: of the poses.
        belief: what was known before.
        trusted: (J,) confidence of the pose before.
        pose: the next one.
        elapsed: seconds between the two.
        least_odds: log odds above which labels of a limb have changed places.

    Returns:
        The belief, and log odds that labels of limbs changed places, (L,).
    """
    points, confidence, size = points_of(pose), pose.confidence.astype(np.float64), body_px(pose)
    expected = body.ahead(belief, elapsed, size)
    flipped = limbs.odds_of_flips(expected, points, body.variances(confidence), np.minimum(confidence, trusted), size)
    order = limbs.order(flipped > least_odds)
    expected = expected if order is None else expected.reordered(order)
    return body.taken(expected, points, confidence, size), flipped
