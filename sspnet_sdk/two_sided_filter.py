"""A filter for recordings, which knows what comes later: no lag, and less noise than any filter of the past. Pure: no poses."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LEAST_TRUST = 0.05
_NEIGHBOURS, _NEAR_S = 2, 0.2  # on each side; five frames within that time show whether one of them is wild
_USUAL = 0.02  # of the body: so far off its neighbours' median a frame counts in full


def shares(times: Array, index: int, trust: Array, cutoff_hz: float) -> Array:
    """What each frame counts for the smooth place at frame `index`. -> (T, N), of sum 1 over the frames.

    The smooth track x of a joint's answers y is the one of least

        sum_t trust_t |x_t - y_t|^2 + (2 pi cutoff_hz)^-4 sum_t |x''_t|^2

    (Whittaker, 1923; x'' is the second divided difference, so frames may come at any times). At full trust it keeps
    1 / (1 + (f / cutoff_hz)^4) of an oscillation of frequency f, at any frame rate, and has no lag but at the window's ends. Less
    trust lowers the cutoff. The minimum is linear in y: A x = trust y with a symmetric A, so one row of A's inverse is enough.

    Args:
        times: (T,) seconds, ascending.
        index: of the frame that is asked for.
        trust: (T, N) of each joint's answer, 0..1.
        cutoff_hz: where half is kept.
    """
    trust = np.maximum(trust, _LEAST_TRUST)
    count = len(times)
    stiff = _stiffness(tuple(np.diff(times).round(7).tolist())) / (2.0 * math.pi * cutoff_hz) ** 4
    system = np.repeat(stiff[None], trust.shape[1], axis=0)
    diagonal = np.arange(count)
    system[:, diagonal, diagonal] += trust.T
    asked = np.zeros((1, count, 1))  # as many axes as the system, so that numpy 1 takes it for columns too
    asked[:, index] = 1.0
    row = np.linalg.solve(system, asked)[..., 0]
    return row.T * trust  # type: ignore[no-any-return]


@lru_cache(maxsize=64)  # most videos have a steady rate
def _stiffness(steps: tuple[float, ...]) -> Array:
    """(T, T): the form that gives the sum of squared second derivatives of a track. `steps` are the seconds between frames."""
    between = np.array(steps)
    slopes = np.diff(np.eye(len(steps) + 1), axis=0) / between[:, None]
    bends = 2.0 * np.diff(slopes, axis=0) / (between[1:] + between[:-1])[:, None]
    return bends.T @ bends  # type: ignore[no-any-return]


def lone(points: Array, times: Array, size: float) -> Array:
    """How far to believe each point by its neighbours in time: 1, and less by the square of how far it is off their median
    (Hampel's identifier, 1974). -> (T, N).

    Args:
        points: (T, N, D).
        times: (T,) seconds, ascending.
        size: of the body, in the unit of the points.
    """
    believed = np.ones(points.shape[:2])
    width = 2 * _NEIGHBOURS + 1
    if len(points) < width:
        return believed
    inner = slice(_NEIGHBOURS, len(points) - _NEIGHBOURS)
    median = np.sort(sliding_window_view(points, width, axis=0), axis=-1)[..., _NEIGHBOURS]
    off = np.linalg.norm(points[inner] - median, axis=-1)
    near = times[width - 1 :] - times[: 1 - width] <= _NEAR_S
    doubt = np.minimum(1.0, (_USUAL * size / np.maximum(off, 1e-9)) ** 2)
    believed[inner] = np.where(near[:, None], doubt, 1.0)
    return believed
