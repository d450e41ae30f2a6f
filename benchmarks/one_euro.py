"""The One Euro filter (Casiez, Roussel, Vogel, CHI 2012) as this package used it up to 0.1: what smoothing is compared with."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
_BETA, _MIN_CUTOFF_HZ, _SPEED_CUTOFF_HZ = 10.0, math.sqrt(10.0 * 0.3), 1.0


class OneEuro:
    """Low-pass with a cutoff that rises with speed; (N, D) points, one cutoff each."""

    def __init__(self) -> None:
        self._time: float | None = None
        self._value: Points = np.zeros(0)
        self._velocity: Points = np.zeros(0)

    def __call__(self, points: NDArray, time_s: float, unit: float = 1.0) -> Points:
        """Filter `points`, speeds in `unit` per second."""
        points = np.asarray(points, np.float64)
        if self._time is None:
            self._time, self._value, self._velocity = time_s, points.copy(), np.zeros_like(points)
            return points
        elapsed, self._time = time_s - self._time, time_s
        self._velocity += _weight(_SPEED_CUTOFF_HZ, elapsed) * ((points - self._value) / elapsed - self._velocity)
        speed = np.linalg.norm(self._velocity, axis=-1, keepdims=True) / unit
        self._value = self._value + _weight(_MIN_CUTOFF_HZ + _BETA * speed, elapsed) * (points - self._value)
        return self._value.copy()


def _weight(cutoff_hz: float | Points, elapsed: float) -> float | Points:
    return 1.0 / (1.0 + 1.0 / (2.0 * math.pi * cutoff_hz * elapsed))
