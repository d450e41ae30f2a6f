"""Limbs whose joints change sides together, and whether motion or a change of labels explains where they are. Pure: no poses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.motion.body_filter import Belief

LIMBS: tuple[tuple[tuple[int, int], ...], ...] = (
    ((1, 4),),
    ((2, 5), (3, 6), (22, 23), (24, 25), (26, 27)),
    ((11, 14),),
    ((12, 15), (13, 16)),
    ((18, 19), (20, 21)),
)
"""Pairs of joints: hips, legs, shoulders, arms, face."""

_NOISE, _NOISE_MM = 0.014, 63.0  # how far joints may go astray beside what a filter expects: of the body; mm in depth
_SPREAD = 1.2  # variances are so many times what the filter says
_TRUST_POWER = 1.7  # of a joint's confidence: hidden joints say little
_FLIP = 13.0  # nats against labels that change places between two frames, before anything is seen
_TURN, _LED = 0.7, 2.4  # against the whole body's; a limb that says more than this against it stays
_LARGEST = 20.0  # nats of what one frame may say

Array = NDArray[np.float64]


class Limbs:
    """The limbs of poses of J joints.

    Attributes:
        pairs: (P, 2) joints of all limbs, limb by limb.
        starts: (L,) the first pair of each limb.
    """

    def __init__(self, joints: int) -> None:
        known = [[pair for pair in pairs if max(pair) < joints] for pairs in LIMBS]
        self._limbs = [np.array(pairs) for pairs in known if pairs]
        self.pairs = np.concatenate(self._limbs)
        self.starts = np.cumsum([0, *(len(pairs) for pairs in self._limbs[:-1])])
        self._straight = np.arange(joints)

    def __len__(self) -> int:
        return len(self._limbs)

    def order(self, changed: NDArray[np.bool_]) -> NDArray[np.int64] | None:
        """(J,) the joints in order if the labels of limbs (L,) are changed; None if none is."""
        if not changed.any():
            return None
        order = self._straight.copy()
        for pairs in (pairs for pairs, one in zip(self._limbs, changed, strict=True) if one):
            order[pairs] = pairs[:, ::-1]
        return order

    def odds_of_flips(self, expected: Belief, points: Array, errors: Array, trust: Array, size: float) -> Array:
        """Log odds that labels changed places since the frame before, rather than that each joint went on as it went. -> (L,).

        Mostly a limb's labels change alone. The whole body may turn about at once, too, and then limbs follow that say little.

        Args:
            expected: of the filter.
            points: (J, 5) the answer.
            errors: (J,) variances of the answer, of the person's size.
            trust: (J,) confidence of the joints, then and now.
            size: of the person in pixels.
        """
        ours, theirs = self.pairs.T
        variances = _SPREAD * (expected.spread + errors) + _NOISE**2
        square_px = (variances[ours] + variances[theirs]) * (size**2 / 2)
        before, now = expected.points[self.pairs], points[self.pairs]
        better = _misfit(before, now, square_px) - _misfit(before, now[:, ::-1], square_px)
        better *= np.minimum(trust[ours], trust[theirs]) ** _TRUST_POWER / 2
        each = np.minimum(np.maximum(np.add.reduceat(better, self.starts), -_LARGEST), _LARGEST)
        alone, together = each - _FLIP, each.sum() - _TURN
        if together > np.maximum(alone, 0.0).sum():
            return np.where(each > -_LED, np.maximum(alone, together), alone)
        return alone  # type: ignore[no-any-return]


def _misfit(expected: Array, seen: Array, square_px: Array) -> Array:
    """(P,) squared errors of pairs (P, 2, 5), in deviations."""
    off = expected - seen
    in_picture = (off[..., :2] ** 2).sum(axis=(1, 2)) / square_px
    return in_picture + (off[..., 4] ** 2).sum(axis=1) / _NOISE_MM**2  # type: ignore[no-any-return]
