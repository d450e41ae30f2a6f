"""A constant-velocity filter over time whose gain rises where its errors are systematic. Pure: no poses."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

_LONGEST_GAP_S = 0.5  # after a longer silence the person may be anywhere: start anew
_FIRST_ERROR = 0.004  # before anything is known of its size


@dataclasses.dataclass(frozen=True)
class Tuning:
    """Tuning of a `TrackingFilter`, found by search on rendered sequences. `benchmarks/motion.py` measures it.

    Attributes:
        rest_hz: cutoff at rest.
        astray_hz: what it gains where all of the filter's error is systematic.
        sharpness: exponent of that share.
        error_hz: cutoff of the means that tell systematic from random.
        velocity_gain: what the velocity takes of an error, next to what the place takes.
        velocity_decay: per second: what moves will stop.
    """

    rest_hz: float
    astray_hz: float
    sharpness: float
    error_hz: float
    velocity_gain: float
    velocity_decay: float

    def scaled(self, factor: float) -> Tuning:
        """The same with cutoffs times `factor`."""
        return dataclasses.replace(self, rest_hz=self.rest_hz * factor, astray_hz=self.astray_hz * factor)


_FASTEST_HZ = 25.0


class TrackingFilter:
    """A constant-velocity (alpha-beta) filter whose gain rises where its errors are systematic.

    Errors that go to and fro are noise; errors that all point one way say that the filter lags (Trigg's tracking signal, 1964:
    the squared mean of the errors over their mean square). So what sets off is followed at once, at any level of noise.
    """

    def __init__(self, tuning: Tuning) -> None:
        self._tuning = tuning
        self._time: float | None = None
        self._value = self._velocity = self._error = self._square = np.zeros(0)

    def __call__(self, points: Points, time_s: float) -> Points:
        """Filter `points` (N, D), taken at `time_s`; each point has a gain of its own.

        Times must ascend; a call that does not move time forward gives the last value back.
        """
        tuning = self._tuning
        elapsed = math.inf if self._time is None else time_s - self._time
        if elapsed <= 0.0:
            return self._value.copy()
        self._time = time_s
        if elapsed > _LONGEST_GAP_S:
            self._value, self._velocity, self._error = points.copy(), np.zeros_like(points), np.zeros_like(points)
            self._square = np.full((len(points), 1), _FIRST_ERROR**2)
            return points.copy()
        expected = self._value + self._velocity * elapsed
        error = points - expected
        share = self._systematic(error, _share(tuning.error_hz, elapsed))
        cutoff = tuning.rest_hz + tuning.astray_hz * share**tuning.sharpness
        gain = _share(np.minimum(cutoff, _FASTEST_HZ), elapsed)
        self._value = expected + gain * error
        towards = self._velocity + tuning.velocity_gain * gain * error / elapsed
        self._velocity = towards * math.exp(-tuning.velocity_decay * elapsed)
        return self._value.copy()

    def _systematic(self, error: Points, weight: Points) -> Points:
        """(N, 1) share of the errors that is systematic, 0..1."""
        self._error = self._error + weight * (error - self._error)
        self._square = self._square + weight * ((error**2).sum(axis=-1, keepdims=True) - self._square)
        share = (self._error**2).sum(axis=-1, keepdims=True) / np.maximum(self._square, 1e-12)
        return np.minimum(share, 1.0)


def _share(cutoff_hz: float | Points, elapsed: float) -> Points:
    return np.asarray(1.0 - np.exp(-2.0 * math.pi * np.asarray(cutoff_hz) * elapsed))
