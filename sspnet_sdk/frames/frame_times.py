"""When frames are to be seen, from stamps that may be missing, out of order, or begin anew; pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_LEAST_STEP_S = 1e-3
_JUMP_BACK_S, _JUMP_BACK_FRAMES = 0.1, 3
_JUMP_AHEAD_S, _JUMP_AHEAD_FRAMES = 10.0, 5


def usual_rate(times: Sequence[float] | NDArray[np.float64]) -> float | None:
    """Frames per second of ascending times, in seconds, by the steps that are near the median: neither a pause counts nor that
    times are rounded to a clock's ticks. None of fewer than two times.
    """
    steps = np.diff(np.asarray(times, np.float64))
    if not (steps > 0.0).any():
        return None
    usual = np.median(steps[steps > 0.0])
    return float(1.0 / steps[np.abs(steps - usual) <= usual / 2].mean())


class Stamps:
    """Which of a frame's two stamps counts: when it is to be seen, or when it was decoded.

    Some files have the first in the wrong order: whichever was out of order less often is believed.

    Args:
        guessed: the container (AVI) knows only when frames are decoded; the other stamp is FFmpeg's guess.
    """

    def __init__(self, guessed: bool = False) -> None:
        self._last: dict[str, int] = {}
        self._faults = {"seen": int(guessed), "decoded": 0}

    def choose(self, seen: int | None, decoded: int | None) -> int | None:
        """The better one of the next frame; None if it lacks that."""
        for name, stamp in (("seen", seen), ("decoded", decoded)):
            if stamp is not None:
                self._faults[name] += stamp <= self._last.get(name, stamp - 1)
                self._last[name] = stamp
        if self._faults["seen"] > self._faults["decoded"]:
            return decoded
        return seen if seen is not None else decoded


class Timeline:
    """Seconds since the first frame, always ascending.

    Stamps that jump back (files that were joined) go on where they were; so do those that leap ahead, where `leaps`.

    Args:
        fps: the rate of frames without a stamp.
        leaps: the container's clock may be set anew at any frame (broadcast streams), so that a leap is no pause.
    """

    def __init__(self, fps: float, leaps: bool = False) -> None:
        self._step, self._leaps = 1.0 / fps, leaps
        self._zero: float | None = None
        self._last: float | None = None

    def place(self, stamp: float | None) -> float:
        """The time of the next frame, whose own clock says `stamp`."""
        if self._last is None:
            self._zero, self._last = stamp, 0.0
            return 0.0
        due = self._last + self._step
        if stamp is None:
            now = due
        elif self._zero is None or self._jumps(stamp - self._zero - self._last):
            self._zero, now = stamp - due, due
        else:
            now = stamp - self._zero
        self._last = now if now > self._last else self._last + min(_LEAST_STEP_S, self._step / 2)
        return self._last

    def _jumps(self, by: float) -> bool:
        back = max(_JUMP_BACK_S, _JUMP_BACK_FRAMES * self._step)
        ahead = max(_JUMP_AHEAD_S, _JUMP_AHEAD_FRAMES * self._step)
        return by < -back or (self._leaps and by > ahead)
