"""What an `Estimator`'s options come to on this device: the backend, and the operating point of each frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from sspnet_sdk.backends import check_backend
from sspnet_sdk.backends.choice import check_device, engines
from sspnet_sdk.bundle import Bundle
from sspnet_sdk.device import default_threads
from sspnet_sdk.engine import Engine
from sspnet_sdk.errors import OptionError
from sspnet_sdk.profile import Profile, Setting, choose_backend, choose_threads
from sspnet_sdk.rate import OperatingPoint, RateController

_FINDER_SHARE = 0.4  # of the frame budget that finding the person may take
_FEWEST_SEARCHES = 2  # under a rate: a pose beside the person is worth nothing, however early


@dataclass(frozen=True)
class Goal:
    """What one frame is to keep: a mean budget, a deadline, or neither."""

    budget_ms: float | None = None
    deadline_ms: float | None = None
    label: str = ""

    @property
    def finder_ms(self) -> float | None:
        """What finding the person may take."""
        return None if self.budget_ms is None else _FINDER_SHARE * self.budget_ms


class Plan:
    """Checks the options, chooses the backend, and the operating point frame by frame."""

    def __init__(
        self,
        bundle: Bundle,
        target_fps: Any,
        deadline_ms: Any,
        percentile: Any,
        cut: Any,
        input_size: Any,
        precision: Any,
        backend: Any,
        device: Any,
        threads: Any,
    ) -> None:
        if target_fps is not None and deadline_ms is not None:
            raise OptionError("give target_fps or deadline_ms, not both")
        self._bundle = bundle
        self._percentile = _number(percentile, "percentile", below=100)
        self._goal = Goal()
        if target_fps is not None:
            rate = _number(target_fps, "target_fps")
            self._goal = Goal(1000 / rate, None, f"target_fps={rate:g}")
        elif deadline_ms is not None:
            self._goal = _deadline(deadline_ms)
        self._cuts = bundle.cuts if cut is None else (_one_of(cut, bundle.cuts, "cut", bundle),)
        self._sizes = bundle.sizes if input_size is None else (_one_of(input_size, bundle.sizes, "input_size", bundle),)
        self._precisions = _precisions(precision, bundle, choosing=self._goal.budget_ms is not None)
        self._threads = default_threads() if threads is None else _threads(threads)
        self._profile: Profile | None = None
        self._controller: RateController | None = None
        candidates = engines(check_backend(backend), check_device(device))
        self.backend = candidates[0] if len(candidates) == 1 else self._fastest_backend(candidates)
        if threads is None and (len(candidates) > 1 or self._goal.budget_ms is not None):
            self._fastest_threads()
        self.engine = Engine(bundle, self.backend, self._precisions[0], self._threads)
        if self._goal.budget_ms is not None:
            self._control(self._goal)

    @property
    def first_look(self) -> tuple[str, int, int]:
        """Precision, largest input size and shallowest cut that the options allow, to see with whether somebody is a person."""
        return self._precisions[0], self._sizes[-1], self._cuts[0]

    @property
    def out_of_reach(self) -> bool:
        """See `RateController.out_of_reach`."""
        return self._controller is not None and self._controller.out_of_reach

    def goal(self, deadline_ms: Any) -> Goal:
        """This frame's goal: its own deadline, else the estimator's."""
        return self._goal if deadline_ms is None else _deadline(deadline_ms)

    def choose(self, goal: Goal, people: int = 1, located: bool = False) -> OperatingPoint:
        """The operating point for this frame; without a goal, the deepest cut at the largest size."""
        if goal.budget_ms is None:
            return OperatingPoint(self._cuts[-1], self._sizes[-1], self._precisions[0], self.backend, 1.0, 1.0, 0.0)
        return self._control(goal).choose(people, located)

    def observe(
        self, point: OperatingPoint, cut: int, network_ms: float, total_ms: float, people: int = 1, located: bool = False
    ) -> None:
        """Tell what a frame really took, and the cut that it reached."""
        if self._controller is not None:
            self._controller.observe(replace(point, cut=cut), network_ms, total_ms, people, located)

    def finder(self, goal: Goal) -> tuple[int, int]:
        """The largest size whose finder fits twice (in the whole picture it is too coarse for a right box), else once; and how
        often it does: once at least, under a rate twice."""
        budget_ms, fewest = goal.finder_ms, 1 if goal.deadline_ms is not None else _FEWEST_SEARCHES
        sizes = [size for size in self._bundle.sizes if (self._precisions[0], size) in self._bundle.finders]
        if budget_ms is None or self._controller is None:
            return sizes[-1], 1000
        measured = [size for size in sizes if size in self._sizes]
        if not measured:
            return sizes[0], fewest
        cost = {size: self._measured().finder_ms(self._setting(size)) * self._controller.load for size in measured}
        fitting = [size for runs in (1, 2) for size in measured if runs * cost[size] <= budget_ms]
        size = fitting[-1] if fitting else measured[0]
        return size, max(fewest, int(budget_ms / cost[size]))

    def _control(self, goal: Goal) -> RateController:
        assert goal.budget_ms is not None
        percentile = None if goal.deadline_ms is None else self._percentile
        if self._controller is None:
            points = self._measured().points(self._settings(), self._cuts)
            self._controller = RateController(points, goal.budget_ms, percentile, goal.label)
            self.engine.warm_up({(point.precision, point.input_size) for point in self._controller.front}, self._cuts[-1])
        else:
            self._controller.retarget(goal.budget_ms, percentile, goal.label)
        return self._controller

    def _measured(self) -> Profile:
        if self._profile is None:
            self._profile = Profile(self._bundle, self._threads)
        self._profile.measure(self._settings())
        return self._profile

    def _settings(self) -> list[Setting]:
        return [Setting(self.backend, precision, size) for precision in self._precisions for size in self._sizes]

    def _setting(self, size: int) -> Setting:
        return Setting(self.backend, self._precisions[0], size)

    def _fastest_backend(self, candidates: list[str]) -> str:
        self._profile = Profile(self._bundle, self._threads)
        return choose_backend(self._profile, self._precisions[0], self._sizes[-1], candidates)

    def _fastest_threads(self) -> None:
        profiles = [Profile(self._bundle, count) for count in sorted({1, self._threads})]
        self._profile = choose_threads(profiles, self._setting(self._sizes[-1]))
        self._threads = int(self._profile.device["threads"])


def _deadline(value: Any) -> Goal:
    deadline = _number(value, "deadline_ms")
    return Goal(deadline, deadline, f"deadline_ms={deadline:g}")


def _number(value: Any, name: str, below: float = math.inf) -> float:
    limits = "a positive number" if below == math.inf else f"a number between 0 and {below:g}"
    try:
        number = float("nan") if isinstance(value, (str, bytes, bool)) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 < number < below:
        raise OptionError(f"{name} must be {limits}, not {value!r}")
    return number


def _one_of(value: Any, allowed: tuple[int, ...], name: str, bundle: Bundle) -> int:
    if isinstance(value, bool) or value not in allowed:
        raise OptionError(f"{name} must be one of {', '.join(map(str, allowed))} with the bundle {bundle.name!r}, not {value!r}")
    return int(value)


def _precisions(value: Any, bundle: Bundle, choosing: bool) -> tuple[str, ...]:
    """The precisions to choose operating points from; people are found in the first."""
    if value == "auto":
        accurate_first = sorted(bundle.precisions, key=lambda name: name != "fp32")
        return tuple(accurate_first) if choosing else tuple(accurate_first[:1])
    if value not in bundle.precisions:
        allowed = ", ".join(map(repr, ("auto", *bundle.precisions)))
        raise OptionError(f"precision must be one of {allowed} with the bundle {bundle.name!r}, not {value!r}")
    return (str(value),)


def _threads(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1024:
        raise OptionError(f"threads must be a whole number from 1 to 1024, not {value!r}")
    return value
