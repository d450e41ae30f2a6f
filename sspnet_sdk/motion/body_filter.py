"""A Kalman filter over all joints of one person at once: each errs by itself, but they move together. Pure: no poses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.motion.body_tuning import LIVE, Tuning
from sspnet_sdk.motion.swinging import Swinging

Array = NDArray[np.float64]

_LEAST_TRUST = 0.05
_FIRST_S = 0.1  # how fast a joint may be at first: what it may gain in that time where errors are systematic
BODY_MM = 1800.0
"""What a person's size in the picture is to keypoints, this is to joints in millimetres."""


@dataclass(frozen=True, eq=False)
class Belief:
    """What is known of a person.

    Attributes:
        state: (2J, 5) where the J joints are and, below, how fast they go per second.
        covariance: (2J, 2J) of that, of the person's size.
        errors: (J, 3) means of what keypoints were off lately, across and down, and of its square; of the person's size.
        hung: (J, 5) where each joint was of late, next to the one that carries it.
        gain: (2J, J) by which the last answer was taken; None before the first.
        pull: (J, 5) what that answer was off, over what it might be.
        elapsed: seconds since the belief before.
        order: (J,) whose labels its joints took over since then; None if they kept theirs.
    """

    state: Array
    covariance: Array
    errors: Array
    hung: Array
    gain: Array | None = None
    pull: Array | None = None
    elapsed: float = 0.0
    order: NDArray[np.int64] | None = None

    @property
    def points(self) -> Array:
        """(J, 5) where the joints are."""
        return self.state[: len(self.state) // 2]

    @property
    def spread(self) -> Array:
        """(J,) variances of the joints' places, of the person's size."""
        return self.covariance.diagonal()[: len(self.state) // 2]

    def reordered(self, order: NDArray[np.int64]) -> Belief:
        """The same if pairs of joints have changed places: joint i is what joint `order[i]`, (J,), was taken for."""
        both = np.concatenate([order, order + len(order)])
        covariance = self.covariance[np.ix_(both, both)]
        return Belief(self.state[both], covariance, self.errors[order], self.hung[order], elapsed=self.elapsed, order=order)


class BodyFilter:
    """Tells from answers where one person's joints are, and how fast they go.

    A joint goes as the one that carries it does, and a little by itself; limbs swing. So what many joints say together is
    believed at once, and what one of them says alone is not.

    Points are (J, 5): keypoints in pixels, then 3D joints in millimetres from the pelvis. Gains come from keypoints, and are the
    same for both.

    Args:
        joints: J.
        looseness: what changes of pace are multiplied by. More means less smoothing.
        tuning: the numbers.
    """

    def __init__(self, joints: int, looseness: float = 1.0, tuning: Tuning = LIVE) -> None:
        self._joints, self._tuning = joints, tuning
        self._motion = Swinging(np.array([tuning.swing_of(joint) for joint in range(joints)]), tuning.slowing)
        self._carried = looseness * self._motion.carried
        self._rest = np.array([tuning.changes_of(joint) for joint in range(joints)])
        self._per_speed = np.array([tuning.root_per_speed, *[tuning.per_speed] * (joints - 1)])

    def first(self, points: Array, confidence: Array) -> Belief:
        """Begin with (J, 5) points, believed by (J,) confidence. Nothing is known of where they go."""
        j = self._joints
        covariance = np.zeros((2 * j, 2 * j))
        covariance[:j, :j] = np.diag(self.variances(confidence)) + self._tuning.common**2
        covariance[j:, j:] = self._changes(self._rest * (1.0 + self._tuning.astray)) * _FIRST_S
        errors = np.tile([0.0, 0.0, 2 * self._tuning.noise**2], (j, 1))
        state = np.concatenate([points, np.zeros_like(points)])
        return Belief(state, covariance, errors, self._motion.offsets(points))

    def ahead(self, belief: Belief, elapsed: float, size: float) -> Belief:
        """What to expect `elapsed` seconds later (more than 0), of a person of `size` pixels."""
        j, step = self._joints, self._motion.matrix(elapsed)
        changes = self._changes(self._own_changes(belief, size))
        p = step @ belief.covariance @ step.T
        p[:j, :j] += changes * (elapsed**3 / 3)
        across = changes * (elapsed**2 / 2)
        p[:j, j:] += across
        p[j:, :j] += across
        p[j:, j:] += changes * elapsed
        state = self._motion.onwards(belief.state, belief.hung, elapsed)
        return Belief(state, p, belief.errors, belief.hung, elapsed=elapsed)

    def taken(self, expected: Belief, points: Array, confidence: Array, size: float) -> Belief:
        """What is known after an answer: (J, 5) points, (J,) confidence, of a person of `size` pixels."""
        j, p = self._joints, expected.covariance
        spread = p[:j, :j] + self._tuning.common**2
        spread.flat[:: j + 1] += self.variances(confidence)
        inverse = np.linalg.inv(spread)
        gain = p[:, :j] @ inverse
        furthest = self._tuning.wildest * np.sqrt(spread.diagonal())
        off = points - expected.points
        off[:, :2] *= within(off[:, :2], furthest * size)
        off[:, 2:] *= within(off[:, 2:], furthest * BODY_MM)
        state, covariance = expected.state + gain @ off, p - gain @ p[:j]
        errors = self._errors(expected, off[:, :2] / size)
        hung = expected.hung + newest(expected.elapsed / self._tuning.hang_s) * (self._motion.offsets(state[:j]) - expected.hung)
        return Belief(state, covariance, errors, hung, gain, inverse @ off, expected.elapsed, expected.order)

    def in_hindsight(self, beliefs: Sequence[Belief]) -> Array:
        """Where the joints were (J, 5) at the first of some beliefs, by all of them: they follow each other.

        The smoother of Bryson and Frazier (1963). It needs no inverse but those of the way there.
        """
        j, pulled = self._joints, np.zeros_like(beliefs[0].state)
        for belief in reversed(beliefs[1:]):
            assert belief.gain is not None and belief.pull is not None
            pulled[:j] -= belief.pull + belief.gain.T @ pulled
            if belief.order is not None:
                pulled = np.concatenate([pulled[:j][belief.order], pulled[j:][belief.order]])
            pulled = self._motion.matrix(belief.elapsed).T @ pulled
        first = beliefs[0]
        return first.points - first.covariance[:j] @ pulled

    def variances(self, confidence: Array) -> Array:
        """(J,) variances of answers of (J,) confidence, of the person's size."""
        return (self._tuning.noise / np.maximum(confidence, _LEAST_TRUST)) ** 2

    def _changes(self, own: Array) -> Array:
        """(J, J) covariance of what the joints' paces change in a second, of what each changes by itself (J,)."""
        return (self._carried * own**2) @ self._carried.T  # type: ignore[no-any-return]

    def _own_changes(self, belief: Belief, size: float) -> Array:
        """(J,) more where a joint moves, and where errors all point one way: that is lag and not noise (Trigg, 1964)."""
        speeds = belief.state[self._joints :, :2]
        own = speeds - speeds[self._motion.parents]
        own[0] = speeds[0]
        share = (belief.errors[:, :2] ** 2).sum(axis=1) / belief.errors[:, 2]
        astray = 1.0 + self._tuning.astray * np.minimum(share, 1.0) ** self._tuning.sharpness
        return self._rest * astray + self._per_speed * np.sqrt((own**2).sum(axis=1)) / size  # type: ignore[no-any-return]

    def _errors(self, expected: Belief, off: Array) -> Array:
        now = np.concatenate([off, (off**2).sum(axis=1, keepdims=True) + 1e-12], axis=1)
        weight = newest(2.0 * math.pi * self._tuning.error_hz * expected.elapsed)
        return expected.errors + weight * (now - expected.errors)  # type: ignore[no-any-return]


def within(off: Array, furthest: Array | float) -> Array:
    """(J, 1) what errors (J, D) are multiplied by so that none is longer than (J,) `furthest`."""
    return np.minimum(1.0, furthest / np.maximum(np.sqrt((off**2).sum(axis=1)), 1e-9))[:, None]


def newest(elapsed: float) -> float:
    """What the newest value counts for in a mean of late, `elapsed` of its time constants after the one before."""
    return 1.0 - math.exp(-elapsed)
