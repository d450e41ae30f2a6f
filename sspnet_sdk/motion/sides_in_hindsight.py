"""Left and right in a recording: a change of sides that no motion explains, and that is taken back later, did not happen."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.motion.limbs import Limbs

_NOISE, _ACCELERATION = 0.09, 11.0  # of the body: what an answer may be off; what a limb may do, per s^2
_UNLIKELY = 2.0  # a frame whose labels are changed, in nats: the network is mostly right

Array = NDArray[np.float64]


class SidesInHindsight:
    """Labels of one person's limbs over time.

    Each pair of limbs is in one of two states at each frame: as labelled, or changed. A path of states costs what the joints bend
    along it (their second difference over its deviation, squared, halved) and `_UNLIKELY` for each changed frame. The cheapest
    path is kept up to date frame by frame (Viterbi, 1967; a state of it is the states of two frames).

    Args:
        limbs: of the poses.
        most: of the frames that are asked for.
    """

    def __init__(self, limbs: Limbs, most: int) -> None:
        self._pairs, self._starts = limbs.pairs, limbs.starts
        self._sizes = np.diff([*limbs.starts, len(limbs.pairs)])
        self._past: deque[tuple[float, Array, Array]] = deque(maxlen=2)  # time, points (2, P, 2, 2), trust (P,)
        self._costs = np.zeros((len(limbs), 2, 2))
        self._before: deque[NDArray[np.int64]] = deque(maxlen=most)
        self._straight = 0  # frames in a row before which nothing was changed, if nothing was in them

    def add(self, keypoints: Array, confidence: Array, size: float, time_s: float) -> None:
        """Take the next answer: (J, 2) pixels, (J,), the body's size in pixels, seconds (ascending)."""
        points = keypoints[self._pairs]
        states = np.stack([points, points[:, ::-1]])
        trust = confidence[self._pairs].min(axis=1)
        changed = _UNLIKELY * np.add.reduceat(trust, self._starts) / self._sizes
        costs = self._costs[..., None] + (self._bends(states, trust, size, time_s) if len(self._past) == 2 else 0.0)
        costs = costs + np.stack([np.zeros_like(changed), changed], axis=-1)[:, None, None, :]
        before = costs.argmin(axis=1)
        self._before.append(before)
        self._straight = 0 if before[:, 0, 0].any() else self._straight + 1
        least = costs.min(axis=1)
        self._costs = least - least.min(axis=(1, 2), keepdims=True)
        self._past.append((time_s, states, trust))

    def _bends(self, now: Array, trust: Array, size: float, time_s: float) -> Array:
        """(limbs, 2, 2, 2): costs by the states of the frame before the last, of the last, and of this one."""
        (first_s, first, first_trust), (last_s, last, last_trust) = self._past
        ratio = (time_s - last_s) / (last_s - first_s)
        bent = now[None, None] - (1.0 + ratio) * last[None, :, None] + ratio * first[:, None, None]
        usual = size * np.hypot(_NOISE, _ACCELERATION * (time_s - last_s) ** 2)
        weight = np.minimum(np.minimum(trust, last_trust), first_trust) ** 2 * 3.0 / (1.0 + ratio + ratio**2)
        costs = (bent**2).sum(axis=(-2, -1)) * (weight / (2.0 * usual**2))
        return np.moveaxis(np.add.reduceat(costs, self._starts, axis=-1), -1, 0)

    def changed(self, count: int) -> NDArray[np.bool_]:
        """(count, limbs) whether the labels of the last `count` frames are changed, by all that is known now."""
        limbs = np.arange(len(self._sizes))
        last, now = np.divmod(self._costs.reshape(-1, 4).argmin(axis=1), 2)
        found = np.zeros((count, len(limbs)), bool)
        if not now.any() and not last.any() and self._straight >= count:
            return found
        for index in range(count - 1, -1, -1):
            found[index] = now
            last, now = self._before[index - count][limbs, last, now], last
        return found
