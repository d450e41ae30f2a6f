"""What an `Estimator`'s options come to on this device: the backend, and the operating point of each frame."""

from __future__ import annotations

import logging
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from sspnet_sdk.bundle import Bundle
from sspnet_sdk.device import default_threads
from sspnet_sdk.engine import Engine
from sspnet_sdk.engine_choice import Chosen, EngineChoice
from sspnet_sdk.options import Goal, Options
from sspnet_sdk.pool import EnginePool
from sspnet_sdk.profile import Setting, compare, settings_of
from sspnet_sdk.rate import LATE, OperatingPoint, RateController, pareto_front
from sspnet_sdk.search_plan import Finders, SearchPlan, leaves_time, plan_search
from sspnet_sdk.survey import Survey, Surveyor
from sspnet_sdk.thresholds import CentresAndBoxes

logger = logging.getLogger("sspnet_sdk")

_ESTIMATED_SHARE = 0.7  # of the budget, for a network whose time is only estimated


class Plan:
    """Chooses the backend, and frame by frame the operating point and the search. May be used from several threads.

    Raises:
        OptionError: an option means nothing for this bundle.
        BackendError: no engine is here, or none works.
    """

    def __init__(self, bundle: Bundle, options: Options) -> None:
        self._bundle, self._choices = bundle, options.check(bundle)
        self._goal = self._choices.goal
        self._controller: RateController | None = None
        self._offer: _Offer | None = None
        self._lock = threading.RLock()
        self.workers = self._choices.workers
        threads = self._choices.threads or max(1, default_threads() // self.workers)
        self._engines = EngineChoice(bundle, self._choices, threads, choosing=self._goal.budget_ms is not None)
        self._chosen = self._engines.make() if self._engines.is_made else self._engines.first_that_works()
        self._surveyor = Surveyor(self._measure, due=not self._engines.is_made)
        self.goal()

    @property
    def backend(self) -> str:
        """The engine in use."""
        return self._chosen.backend

    @property
    def threads(self) -> int:
        """Of each worker's network."""
        return self._chosen.threads

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

    def late_ms(self, goal: Goal) -> float | None:
        """After which time a frame is late. What would end later is not begun, but for a cut that was asked for beside a rate."""
        if goal.deadline_ms is not None or goal.budget_ms is None:
            return goal.deadline_ms
        return LATE * goal.budget_ms if len(self._choices.cuts) > 1 else None

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
            if self._controller is not None and point.backend == self.backend:
                self._controller.observe(replace(point, cut=cut), network_ms, total_ms, people, located)

    def _control(self, goal: Goal) -> RateController:
        assert goal.budget_ms is not None
        percentile = None if goal.deadline_ms is None else self._choices.percentile
        if self._controller is None:
            points = self._points(self._chosen, goal.budget_ms)
            self._controller = RateController(points, goal.budget_ms, percentile, goal.label)
            if not self._is_measured(self._chosen):
                self._surveyor.ask()
        else:
            self._controller.retarget(goal.budget_ms, percentile, goal.label)
        return self._controller

    def _is_measured(self, chosen: Chosen) -> bool:
        return chosen.profile.knows(self._settings(chosen))

    def _points(self, chosen: Chosen, budget_ms: float) -> list[OperatingPoint]:
        """As measured; before that, as estimated for the one input size that is opened first."""
        settings = self._settings(chosen)
        if self._is_measured(chosen):
            return chosen.profile.points(settings, self._choices.cuts)
        alike = [setting for setting in settings if setting.precision == chosen.seen.precision]
        compare([(chosen.profile, chosen.seen)])
        points = chosen.profile.estimate(alike, self._choices.cuts, chosen.seen)
        fitting = [point for point in points if point.p50_ms <= _ESTIMATED_SHARE * budget_ms] or points[:1]
        best = min(fitting, key=lambda point: point.error)
        return [point for point in points if point.input_size == best.input_size]

    def _finder_costs(self, sizes: tuple[int, ...]) -> dict[int, float]:
        assert self._controller is not None
        profile, load = self._chosen.profile, self._controller.load
        costs = {size: profile.finder_ms(self._setting(size), self._chosen.seen) for size in sizes if size in self._choices.sizes}
        return {size: ms * load for size, ms in costs.items()}

    def _unmeasured(self, cut: int) -> OperatingPoint:
        return OperatingPoint(cut, self._choices.sizes[-1], self.precision, self.backend, 1.0, 1.0, 0.0)

    def _settings(self, chosen: Chosen) -> list[Setting]:
        return settings_of(self._bundle, [chosen.backend], self._choices.precisions, self._choices.sizes)

    def _setting(self, size: int) -> Setting:
        return Setting(self.backend, self.precision, size)

    def turn(self) -> AbstractContextManager[None]:
        """For a frame: while the device is measured still, nothing is measured meanwhile."""
        return self._surveyor.frame()

    def take_up(self, pool: EnginePool) -> None:
        """What was found out about this device since the last frame, with engines that are opened already."""
        if self._offer is None:
            return
        with self._lock:
            offer, self._offer = self._offer, None
            if offer is None:
                return
            self._chosen = offer.chosen
            if self._controller is not None:
                self._controller.replan(offer.points or self._points(offer.chosen, self._controller.budget_ms))
            pool.renew(offer.engines)
        logger.info("from now on: %s, %d threads", offer.chosen.seen.label, offer.chosen.threads)

    @property
    def is_being_measured(self) -> bool:
        """Whether this device is measured now, in the background."""
        return self._surveyor.running

    def wait(self) -> None:
        """Until the device is measured."""
        self._surveyor.wait()

    def close(self) -> None:
        """Measure no more."""
        self._surveyor.stop()
        with self._lock:
            offer, self._offer = self._offer, None
        for engine in () if offer is None else offer.engines:
            engine.close()

    def frame_done(self) -> None:
        """What is not known of this device is measured in the background, from some frame on."""
        self._surveyor.frame_done()

    def measure_on(self) -> None:
        """Begin to measure what is not known of this device, in the background, unless that goes on already."""
        self._surveyor.begin()

    def _measure(self, survey: Survey) -> None:
        """In the survey's thread: the engine first, then all of its operating points where there is a goal to keep."""
        logger.info("%s until this device is measured", self._chosen.seen.label)
        chosen = self._engines.make(survey.turn)
        if (chosen.backend, chosen.threads) != (self.backend, self.threads):
            self._prepare(chosen, survey)
        if self._controller is not None and not self._is_measured(chosen):
            chosen.profile.measure(self._settings(chosen), turn=survey.turn)
            self._prepare(chosen, survey)

    def _prepare(self, chosen: Chosen, survey: Survey) -> None:
        points = [] if self._controller is None else self._points(chosen, self._controller.budget_ms)
        chains = {(point.precision, point.input_size) for point in pareto_front(points)}
        engines = []
        try:
            for _ in range(self.workers):
                engines.append(Engine(self._bundle, chosen.backend, self.precision, chosen.threads))
                for chain in sorted(chains or {(self.precision, self._choices.sizes[-1])}):
                    survey.go_on()
                    engines[-1].warm_up({chain}, self.deepest_cut)
        except BaseException:
            for engine in engines:
                engine.close()
            raise
        with self._lock:
            unused, self._offer = self._offer, _Offer(chosen, points, engines)
        for engine in () if unused is None else unused.engines:
            engine.close()


@dataclass(frozen=True)
class _Offer:
    chosen: Chosen
    points: list[OperatingPoint]
    engines: list[Engine]
