"""What a caller asks of an `Estimator`: the options as given, and what they leave to choose from once they are checked."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Any

from sspnet_sdk.backends import check_backend
from sspnet_sdk.backends.choice import check_device, engines
from sspnet_sdk.bundle import ENGINE_PRECISIONS, Bundle
from sspnet_sdk.errors import OptionError
from sspnet_sdk.given import is_word
from sspnet_sdk.given_number import given_number, given_whole


@dataclass(frozen=True)
class Goal:
    """What one frame is to keep: a mean budget, a deadline, or neither."""

    budget_ms: float | None = None
    deadline_ms: float | None = None
    label: str = ""

    @classmethod
    def frame_rate(cls, target_fps: Any) -> Goal:
        """So many frames per second on average."""
        rate = _number(target_fps, "target_fps")
        return cls(1000 / rate, None, f"target_fps={rate:g}")

    @classmethod
    def deadline(cls, deadline_ms: Any) -> Goal:
        """Every frame within so many milliseconds."""
        deadline = _number(deadline_ms, "deadline_ms")
        return cls(deadline, deadline, f"deadline_ms={deadline:g}")


@dataclass(frozen=True)
class Options:
    """The options of an `Estimator` as they were given; its docstring says what each means."""

    target_fps: Any = None
    deadline_ms: Any = None
    percentile: Any = 95
    cut: Any = None
    input_size: Any = None
    precision: Any = "auto"
    backend: Any = "auto"
    device: Any = "auto"
    threads: Any = None
    workers: Any = 1

    def check(self, bundle: Bundle) -> Choices:
        """What they leave to choose from.

        Raises:
            OptionError: an option means nothing for this bundle.
            BackendError: no engine that serves them is here.
        """
        percentile = _number(self.percentile, "percentile", below=100)
        goal = self._goal()
        return Choices(
            goal=goal,
            percentile=percentile,
            cuts=bundle.cuts if self.cut is None else (_one_of(self.cut, bundle.cuts, "cut", bundle),),
            sizes=bundle.sizes if self.input_size is None else (_one_of(self.input_size, bundle.sizes, "input_size", bundle),),
            precisions=check_precision(self.precision, bundle, choosing=goal.budget_ms is not None),
            threads=None if self.threads is None else _count(self.threads, "threads", 1024),
            workers=_count(self.workers, "workers", 64),
            engines=tuple(engines(check_backend(self.backend), check_device(self.device))),
        )

    def _goal(self) -> Goal:
        if self.target_fps is not None and self.deadline_ms is not None:
            raise OptionError("give target_fps or deadline_ms, not both")
        if self.target_fps is not None:
            return Goal.frame_rate(self.target_fps)
        return Goal() if self.deadline_ms is None else Goal.deadline(self.deadline_ms)


@dataclass(frozen=True)
class Choices:
    """What is left to choose from: operating points by `cuts` x `sizes` x `precisions`, and the engines that may run them.

    Cuts and sizes ascend. People are found in the first precision. Precisions of `ENGINE_PRECISIONS` are for engines that compute
    in them. `threads` (of each of the `workers`) is None where it may be measured.
    """

    goal: Goal
    percentile: float
    cuts: tuple[int, ...]
    sizes: tuple[int, ...]
    precisions: tuple[str, ...]
    threads: int | None
    workers: int
    engines: tuple[str, ...]


def check_people(people: Any, name: str = "people") -> int:
    """How many people are asked for: a whole number from 1, or None for everybody.

    Raises:
        OptionError: it is neither.
    """
    if people is None:
        return sys.maxsize
    number = given_whole(people)
    if number is None or number < 1:
        raise OptionError(f"{name} must be a whole number from 1, or None for everybody, not {people!r:.80}")
    return number


def _number(value: Any, name: str, below: float = math.inf) -> float:
    limits = "a positive number" if below == math.inf else f"a number between 0 and {below:g}"
    number = given_number(value)
    if not sys.float_info.min <= number < below:  # a smaller one is 0 once it is divided
        raise OptionError(f"{name} must be {limits}, not {value!r:.80}")
    return number


def _one_of(value: Any, allowed: tuple[int, ...], name: str, bundle: Bundle) -> int:
    number = given_number(value)
    if number not in allowed:
        choices = ", ".join(map(str, allowed))
        raise OptionError(f"{name} must be one of {choices} with the bundle {bundle.name!r}, not {value!r:.80}")
    return int(number)


def check_precision(value: Any, bundle: Bundle, choosing: bool) -> tuple[str, ...]:
    """The precisions that may run: the one asked for, else ("auto") fp32 or, where operating points are chosen from, all that the
    bundle has graphs or an accuracy for. An `OptionError` where the bundle has no such one.
    """
    if is_word(value, ("auto",)):
        accurate_first = sorted(bundle.precisions, key=lambda name: name != "fp32")
        return (*accurate_first, *bundle.engine_precisions) if choosing else tuple(accurate_first[:1])
    offered = (*bundle.precisions, *(ENGINE_PRECISIONS if "fp32" in bundle.precisions else ()))
    if not is_word(value, offered):
        allowed = ", ".join(map(repr, dict.fromkeys(("auto", *offered))))
        raise OptionError(f"precision must be one of {allowed} with the bundle {bundle.name!r}, not {value!r:.80}")
    return (str(value),)


def _count(value: Any, name: str, most: int) -> int:
    number = given_whole(value)
    if number is None or not 1 <= number <= most:
        raise OptionError(f"{name} must be a whole number from 1 to {most}, not {value!r:.80}")
    return number
