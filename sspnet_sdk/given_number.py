"""Numbers that a caller gave, which may be anything."""

from __future__ import annotations

import math
import operator
from numbers import Complex, Real
from typing import Any

from sspnet_sdk.errors import OptionError


def given_number(value: Any) -> float:
    """`value` as a float; NaN, which lies within no limits, for what is no number (text, True, None, a list of one)."""
    several = getattr(value, "ndim", 0) or (isinstance(value, Complex) and not isinstance(value, Real))
    if isinstance(value, (str, bytes, bool)) or several:
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def given_whole(value: Any) -> int | None:
    """`value`, Python's or numpy's, as an int; None for what is no whole number (2.0, text, True, None)."""
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def check_fps(fps: Any, name: str = "fps") -> float:
    """Frames per second.

    Raises:
        OptionError: it is no rate.
    """
    number = given_number(fps)
    if not 0.0 < number < 1e6:
        raise OptionError(f"{name} must be a positive number, not {fps!r:.80}")
    return number


def check_time(time_s: Any) -> None:
    """That `time_s`, when a frame was taken, is a number of seconds.

    Raises:
        OptionError: it is no time.
    """
    if not math.isfinite(given_number(time_s)):
        raise OptionError(f"time_s must be seconds, not {time_s!r:.80}")
