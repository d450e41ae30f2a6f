"""What a person's joints together still tell after the body filter, which takes errors of the network for independent noise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.motion.body_filter import BODY_MM, newest, within
from sspnet_sdk.pose import BODY_JOINTS, JOINT_PARENTS

MEANS_S = (0.05, 0.12, 0.3)
"""Times over which signals are means, beside those of now."""

SIGNALS = 2 * (1 + len(MEANS_S))
_FURTHEST = 0.05  # of the person's size: what a residual counts for at most
_PACE_S = 0.03  # paces count as the way of so long
_LEAST_STEP_S = 4e-3  # of frames that come at once, how far a joint shakes is no pace

Array = NDArray[np.float64]
Order = NDArray[np.int64]


class ResidualFilter:
    """A fixed linear filter: each joint is moved by a weighted sum of what all joints say, with the same weights across, down and
    in 3D, and mirrored ones for left and right.

    Of each of the body's 17 joints it takes the residual (answer less filtered place, times confidence) and the pace next to
    the joint that carries it, both as of now and as means of late. Joints of face and feet go with the joint that carries them.
    The weights were fitted to made-up motion and recorded errors (`benchmarks/fit_residuals.py`).

    Args:
        weights: (17, SIGNALS x 17); the package's own if not given.
    """

    def __init__(self, weights: Array | None = None) -> None:
        self._weights = _own_weights() if weights is None else weights
        self._places = np.zeros((BODY_JOINTS, 5))
        self._means = np.zeros((2, len(MEANS_S), BODY_JOINTS, 5))

    def __call__(
        self, answer: Array, confidence: Array, places: Array, elapsed: float, size: float, order: Order | None = None
    ) -> Array:
        """(J, 5) what to add to the places of the body filter.

        Args:
            answer: (J, 5) the network's.
            confidence: (J,) of it.
            places: (J, 5) of the filter after it.
            elapsed: seconds since those before; infinite for somebody's first.
            size: of the person in pixels.
            order: (J,) whose labels the joints took over since then, as `Belief.order`.
        """
        moved = self._weights @ self.signals(answer, confidence, places, elapsed, size, order)
        return moved[_body_joints(len(places))] * _units(size)  # type: ignore[no-any-return]

    def signals(
        self, answer: Array, confidence: Array, places: Array, elapsed: float, size: float, order: Order | None = None
    ) -> Array:
        """(SIGNALS x 17, 5) what weights are for, of the person's size: residuals, their means, paces, their means."""
        units = _units(size)
        here = places[:BODY_JOINTS]
        residual = (answer[:BODY_JOINTS] - here) / units
        residual[:, :2] *= within(residual[:, :2], _FURTHEST)
        residual[:, 2:] *= within(residual[:, 2:], _FURTHEST)
        residual *= confidence[:BODY_JOINTS, None]
        if order is not None:
            body = order[:BODY_JOINTS]
            self._places, self._means = self._places[body], self._means[:, :, body]
        went = (here - self._places) * (_PACE_S / max(elapsed, _LEAST_STEP_S) / units)
        pace = went - went[_PARENTS]
        pace[0] = went[0]
        self._places = here
        now = np.stack([residual, pace])[:, None]
        share = np.array([newest(elapsed / span) for span in MEANS_S])[:, None, None]
        self._means = self._means + share * (now - self._means)
        return np.concatenate([now, self._means], axis=1).reshape(-1, here.shape[1])  # type: ignore[no-any-return]


_PARENTS = np.maximum(np.array(JOINT_PARENTS[:BODY_JOINTS]), 0)


def _units(size: float) -> Array:
    """(5,) pixels and millimetres of the person's size."""
    return np.array([size, size, BODY_MM, BODY_MM, BODY_MM])


@cache
def _body_joints(joints: int) -> Order:
    """(J,) the body's joint that each one is, or is carried by."""
    found = list(range(joints))
    for joint in range(BODY_JOINTS, joints):
        found[joint] = found[JOINT_PARENTS[joint]]
    return np.array(found)


@cache
def _own_weights() -> Array:
    return np.load(Path(__file__).with_name("residual_weights.npy")).astype(np.float64)  # type: ignore[no-any-return]
