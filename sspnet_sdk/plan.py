"""What an `Estimator`'s options come to on this device: the backend, and the operating point of each frame."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from sspnet_sdk.backends.choice import able
from sspnet_sdk.bundle import Bundle
from sspnet_sdk.device import default_threads
from sspnet_sdk.options import Goal, Options
from sspnet_sdk.profile import Profile, Setting, choose_backend, choose_threads, settings_of
from sspnet_sdk.rate import OperatingPoint, RateController
from sspnet_sdk.search_plan import Finders, SearchPlan, leaves_time, plan_search
from sspnet_sdk.thresholds import CentresAndBoxes


class Plan:
    """Chooses the backend, and frame by frame the operating point and the search. May be used from several threads.

    Raises:
        OptionError: an option means nothing for this bundle.
        BackendError: no engine is here, or none works.
    """

    def __init__(self, bundle: Bundle, options: Options) -> None:
        self._bundle, self._choices = bundle, options.check(bundle)
        self._goal = self._choices.goal
        self._profile: Profile | None = None
        self._controller: RateController | None = None
        self._lock = threading.RLock()
        self.workers = self._choices.workers
        self.threads = self._choices.threads or max(1, default_threads() // self.workers)
        candidates = able(self._choices.engines, self._choices.precisions, bundle)
        self.backend = candidates[0] if len(candidates) == 1 else self._fastest_backend(candidates)
        if self._choices.threads is None and (len(candidates) > 1 or self._goal.budget_ms is not None):
            self._fastest_threads()
        self.goal()

    @property
    def precision(self) -> str:
        """What people are found in."""
        return self._choices.precisions[0]

    @property
    def first_look(self) -> OperatingPoint:
        """The largest input size and shallowest cut that the options allow. Poses there tell whether somebody is a person."""
        return self._unmeasured(self._choices.cuts[0])

    @property
    def chains(self) -> set[tuple[str, int]]:
        """Precision and size of all operating points that frames may switch between; empty while there is no goal to keep."""
        return set() if self._controller is None else {(point.precision, point.input_size) for point in self._controller.front}

    @property
    def deepest_cut(self) -> int:
        """The last cut that the options allow."""
        return self._choices.cuts[-1]

    @property
    def out_of_reach(self) -> bool:
        """See `RateController.out_of_reach`."""
        return self._controller is not None and self._controller.out_of_reach

    def goal(self, deadline_ms: Any = None) -> Goal:
        """This frame's goal: its own deadline, else the estimator's.

        The first goal with a budget measures the operating points.
        """
        goal = self._goal if deadline_ms is None else Goal.deadline(deadline_ms)
        if goal.budget_ms is not None and self._controller is None:
            with self._lock:
                self._control(goal)
        return goal

    def search(self, goal: Goal, everybody: bool = False, patient: bool = False) -> SearchPlan | None:
        """How to search for people (see `plan_search`); None where the bundle has no finder."""
        there = {size for precision, size in self._bundle.finders if precision == self.precision}
        sizes = tuple(size for size in self._bundle.sizes if size in there)
        if not sizes:
            return None
        with self._lock:
            cost_ms = {} if goal.budget_ms is None else self._finder_costs(sizes)
        one_look = isinstance(self._bundle.finder, CentresAndBoxes)
        finders = Finders(sizes, frozenset(size for size in sizes if 2 * size in there), cost_ms, one_look)
        return plan_search(finders, goal, everybody, patient)

    def leaves_time_to_search(self, goal: Goal) -> bool:
        """Whether the goal leaves time to find a person at all."""
        if goal.deadline_ms is None:
            return True
        sizes = tuple(size for precision, size in self._bundle.finders if precision == self.precision)
        with self._lock:
            return leaves_time(self._finder_costs(sizes), goal)

    def choose(self, goal: Goal, people: int = 1, located: bool = False) -> OperatingPoint:
        """The operating point for this frame. Without a goal it is the deepest cut at the largest size."""
        if goal.budget_ms is None:
            return self._unmeasured(self.deepest_cut)
        with self._lock:
            return self._control(goal).choose(people, located)

    def observe(
        self, point: OperatingPoint, cut: int, network_ms: float, total_ms: float, people: int = 1, located: bool = False
    ) -> None:
        """Take what a frame really took, and the cut that it reached."""
        with self._lock:
            if self._controller is not None:
                self._controller.observe(replace(point, cut=cut), network_ms, total_ms, people, located)

    def _control(self, goal: Goal) -> RateController:
        assert goal.budget_ms is not None
        percentile = None if goal.deadline_ms is None else self._choices.percentile
        if self._controller is None:
            points = self._measured().points(self._settings(), self._choices.cuts)
            self._controller = RateController(points, goal.budget_ms, percentile, goal.label)
        else:
            self._controller.retarget(goal.budget_ms, percentile, goal.label)
        return self._controller

    def _finder_costs(self, sizes: tuple[int, ...]) -> dict[int, float]:
        assert self._controller is not None
        profile, load = self._measured(), self._controller.load
        return {size: profile.finder_ms(self._setting(size)) * load for size in sizes if size in self._choices.sizes}

    def _measured(self) -> Profile:
        if self._profile is None:
            self._profile = Profile(self._bundle, self.threads)
        self._profile.measure(self._settings())
        return self._profile

    def _unmeasured(self, cut: int) -> OperatingPoint:
        return OperatingPoint(cut, self._choices.sizes[-1], self.precision, self.backend, 1.0, 1.0, 0.0)

    def _settings(self) -> list[Setting]:
        return settings_of(self._bundle, [self.backend], self._choices.precisions, self._choices.sizes)

    def _setting(self, size: int) -> Setting:
        return Setting(self.backend, self.precision, size)

    def _fastest_backend(self, candidates: list[str]) -> str:
        self._profile = Profile(self._bundle, self.threads)
        settings = settings_of(self._bundle, candidates, self._choices.precisions, self._choices.sizes[-1:])
        return choose_backend(self._profile, settings)

    def _fastest_threads(self) -> None:
        profiles = [Profile(self._bundle, count) for count in sorted({1, self.threads})]
        self._profile = choose_threads(profiles, self._setting(self._choices.sizes[-1]))
        self.threads = int(self._profile.device["threads"])
