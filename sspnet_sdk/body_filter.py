"""A Kalman filter over all joints of one person at once: each errs by itself, but they move together. Pure: no poses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.pose import JOINT_NAMES, JOINT_PARENTS

Array = NDArray[np.float64]

_LEAST_TRUST = 0.05
_FIRST_S = 0.1  # how fast a joint may be at first: what it may gain in that time
_BODY_MM = 1800.0  # what a person's size in the picture is to keypoints, this is to joints in millimetres


@dataclass(frozen=True)
class Tuning:
    """Found by search on rendered sequences; `benchmarks/motion.py` measures it. The person's size is 1.

    How a joint changes its pace is white noise next to the joint that carries it: so much in a second, deviation.

    Attributes:
        noise: deviation of an answer of confidence 1. Less confidence makes it as many times larger.
        common: deviation of all answers of a frame alike.
        root: changes of the pelvis.
        trunk: of hips, spine, neck, shoulders, head and face.
        middle: of knees and elbows.
        end: of wrists and ankles.
        foot: of heels and toes.
        per_speed: what joints gain per body length a second, next to the joint that carries them.
        root_per_speed: what the pelvis gains.
        astray: how many times more they all change where all of the filter's error is systematic.
        sharpness: exponent of that share.
        error_hz: cutoff of the means that tell systematic from random.
        slowing: per second: what moves will stop.
        wildest: an answer further off than so many deviations counts as so far off.
    """

    noise: float
    common: float
    root: float
    trunk: float
    middle: float
    end: float
    foot: float
    per_speed: float
    root_per_speed: float
    astray: float
    sharpness: float
    error_hz: float
    slowing: float
    wildest: float

    def of_joint(self, joint: int) -> float:
        """Changes of a joint at rest."""
        kind = JOINT_NAMES[joint].removeprefix("l-").removeprefix("r-")
        if kind in ("knee", "elbow"):
            return self.middle
        if kind in ("ankle", "wrist"):
            return self.end
        if kind in ("heel", "big-toe", "small-toe"):
            return self.foot
        return self.root if joint == 0 else self.trunk


LIVE = Tuning(
    noise=0.004,
    common=0.00065,
    root=0.0046,
    trunk=0.0009,
    middle=0.009,
    end=0.01,
    foot=0.005,
    per_speed=0.11,
    root_per_speed=0.16,
    astray=22.0,
    sharpness=1.4,
    error_hz=2.1,
    slowing=1.2,
    wildest=12.0,
)
RECORDED = Tuning(
    noise=0.004,
    common=0.00012,
    root=0.06,
    trunk=0.011,
    middle=0.086,
    end=0.14,
    foot=0.072,
    per_speed=0.014,
    root_per_speed=0.014,
    astray=0.0,
    sharpness=1.0,
    error_hz=1.0,
    slowing=1.1,
    wildest=11.0,
)
"""Who sees what comes later need not guess from errors what is lag."""


@dataclass(frozen=True, eq=False)
class Belief:
    """What is known of a person.

    Attributes:
        state: (2J, 5) where the J joints are and, below, how fast they go per second.
        covariance: (2J, 2J) of that, of the person's size.
        errors: (J, 3) means of what keypoints were off lately, across and down, and of its square; of the person's size.
        gain: (2J, J) by which the last answer was taken; None before the first.
        pull: (J, 5) what that answer was off, over what it might be.
        elapsed: seconds since the belief before.
        order: (J,) whose labels its joints took over since then; None if they kept theirs.
    """

    state: Array
    covariance: Array
    errors: Array
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
        return Belief(self.state[both], covariance, self.errors[order], elapsed=self.elapsed, order=order)


class BodyFilter:
    """Tells from answers where one person's joints are, and how fast they go.

    A joint goes as the one that carries it does, and a little by itself. So what many joints say together is believed at once,
    and what one of them says alone is not.

    Points are (J, 5): keypoints in pixels, then 3D joints in millimetres from the pelvis. Gains come from keypoints, and are the
    same for both.

    Args:
        joints: J.
        looseness: what changes of pace are multiplied by. More means less smoothing.
        tuning: the numbers.
    """

    def __init__(self, joints: int, looseness: float = 1.0, tuning: Tuning = LIVE) -> None:
        self._joints, self._tuning = joints, tuning
        self._parents = np.maximum(np.array(JOINT_PARENTS[:joints]), 0)
        self._carried = looseness * _carried(joints)
        self._rest = np.array([tuning.of_joint(joint) for joint in range(joints)])
        self._per_speed = np.array([tuning.root_per_speed, *[tuning.per_speed] * (joints - 1)])

    def first(self, points: Array, confidence: Array) -> Belief:
        """Begin with (J, 5) points, believed by (J,) confidence. Nothing moves yet."""
        j = self._joints
        covariance = np.zeros((2 * j, 2 * j))
        covariance[:j, :j] = np.diag(self.variances(confidence)) + self._tuning.common**2
        covariance[j:, j:] = self._changes(self._rest) * _FIRST_S
        errors = np.tile([0.0, 0.0, 2 * self._tuning.noise**2], (j, 1))
        return Belief(np.concatenate([points, np.zeros_like(points)]), covariance, errors)

    def ahead(self, belief: Belief, elapsed: float, size: float) -> Belief:
        """What to expect `elapsed` seconds later (more than 0), of a person of `size` pixels."""
        j, kept = self._joints, self._kept(elapsed)
        places, speeds = belief.state[:j], belief.state[j:]
        changes = self._changes(self._own_changes(belief, size))
        p = belief.covariance.copy()
        for part in (p, p.T):  # by rows, then by columns
            part[:j] += elapsed * part[j:]
            part[j:] *= kept
        p[:j, :j] += changes * (elapsed**3 / 3)
        across = changes * (elapsed**2 / 2)
        p[:j, j:] += across
        p[j:, :j] += across
        p[j:, j:] += changes * elapsed
        return Belief(np.concatenate([places + elapsed * speeds, kept * speeds]), p, belief.errors, elapsed=elapsed)

    def taken(self, expected: Belief, points: Array, confidence: Array, size: float) -> Belief:
        """What is known after an answer: (J, 5) points, (J,) confidence, of a person of `size` pixels."""
        j, p = self._joints, expected.covariance
        spread = p[:j, :j] + self._tuning.common**2
        spread.flat[:: j + 1] += self.variances(confidence)
        inverse = np.linalg.inv(spread)
        gain = p[:, :j] @ inverse
        furthest = self._tuning.wildest * np.sqrt(spread.diagonal())
        off = points - expected.points
        off[:, :2] *= _within(off[:, :2], furthest * size)
        off[:, 2:] *= _within(off[:, 2:], furthest * _BODY_MM)
        state, covariance = expected.state + gain @ off, p - gain @ p[:j]
        errors = self._errors(expected, off[:, :2] / size)
        return Belief(state, covariance, errors, gain, inverse @ off, expected.elapsed, expected.order)

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
            pulled[j:] = belief.elapsed * pulled[:j] + self._kept(belief.elapsed) * pulled[j:]
        first = beliefs[0]
        return first.points - first.covariance[:j] @ pulled

    def variances(self, confidence: Array) -> Array:
        """(J,) variances of answers of (J,) confidence, of the person's size."""
        return (self._tuning.noise / np.maximum(confidence, _LEAST_TRUST)) ** 2

    def _kept(self, elapsed: float) -> float:
        return math.exp(-self._tuning.slowing * elapsed)

    def _changes(self, own: Array) -> Array:
        """(J, J) covariance of what the joints' paces change in a second, of what each changes by itself (J,)."""
        return (self._carried * own**2) @ self._carried.T  # type: ignore[no-any-return]

    def _own_changes(self, belief: Belief, size: float) -> Array:
        """(J,) more where a joint moves, and where errors all point one way: that is lag and not noise (Trigg, 1964)."""
        speeds = belief.state[self._joints :, :2]
        own = speeds - speeds[self._parents]
        own[0] = speeds[0]
        share = (belief.errors[:, :2] ** 2).sum(axis=1) / belief.errors[:, 2]
        astray = 1.0 + self._tuning.astray * np.minimum(share, 1.0) ** self._tuning.sharpness
        return self._rest * astray + self._per_speed * np.sqrt((own**2).sum(axis=1)) / size  # type: ignore[no-any-return]

    def _errors(self, expected: Belief, off: Array) -> Array:
        weight = 1.0 - math.exp(-2.0 * math.pi * self._tuning.error_hz * expected.elapsed)
        now = np.concatenate([off, (off**2).sum(axis=1, keepdims=True) + 1e-12], axis=1)
        return expected.errors + weight * (now - expected.errors)  # type: ignore[no-any-return]


def _carried(joints: int) -> Array:
    """(J, J) whether the joint of a row is, or is carried by, that of a column."""
    carried = np.eye(joints)
    for joint, parent in enumerate(JOINT_PARENTS[:joints]):
        if parent >= 0:
            carried[joint] += carried[parent]
    return carried


def _within(off: Array, furthest: Array) -> Array:
    """(J, 1) what errors (J, D) are multiplied by so that none is longer than (J,) `furthest`."""
    return np.minimum(1.0, furthest / np.maximum(np.sqrt((off**2).sum(axis=1)), 1e-9))[:, None]
