"""What an `Estimator`'s options come to on this device: the backend, and the operating point of each frame."""

from __future__ import annotations

import functools
import logging
import threading
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from sspnet_sdk.bundle import Bundle
from sspnet_sdk.bundles.thresholds import CentresAndBoxes
from sspnet_sdk.device import default_threads
from sspnet_sdk.frame_rate.agenda import Network, network_of
from sspnet_sdk.frame_rate.engine_choice import EngineChoice
from sspnet_sdk.frame_rate.looks import compare
from sspnet_sdk.frame_rate.preparation import Preparation, Ready
from sspnet_sdk.frame_rate.profile import Setting
from sspnet_sdk.frame_rate.rate import LATE, OperatingPoint, RateController
from sspnet_sdk.frame_rate.search_plan import Finders, SearchPlan, leaves_time, plan_search
from sspnet_sdk.frame_rate.survey import Survey, Surveyor
from sspnet_sdk.inference.engine import Engine
from sspnet_sdk.inference.pool import EnginePool
from sspnet_sdk.options import Goal, Options

logger = logging.getLogger("sspnet_sdk")


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
        self._offer: Ready | None = None
        self._lock = threading.RLock()
        self._longest_ms: float | None = None  # of all budgets so far
        threads = self._choices.threads or max(1, default_threads() // self._choices.workers)
        choice = EngineChoice(bundle, self._choices, threads, choosing=self._goal.budget_ms is not None)
        self._preparation = Preparation(bundle, self._choices, choice)
        self._ready = self._preparation.start()
        self._surveyor = Surveyor(self._find_out, due=not choice.is_made)
        self.goal()

    @property
    def engines(self) -> list[Engine]:
        """One for each worker."""
        return self._ready.engines

    @property
    def backend(self) -> str:
        """The engine in use."""
        return self._ready.chosen.backend

    @property
    def threads(self) -> int:
        """Of each worker's network."""
        return self._ready.chosen.threads

    @property
    def precision(self) -> str:
        """What people are found in."""
        return self._choices.precisions[0]

    @property
    def first_look(self) -> OperatingPoint:
        """The largest input size and shallowest cut that the options allow. Poses there tell whether somebody is a person."""
        return self._unmeasured(self._choices.cuts[0])

    @property
    def networks(self) -> dict[Network, int]:
        """Those that frames may switch between, with the deepest cut of each; empty while there is no goal to keep."""
        return {} if self._controller is None else self._ready.opened

    @property
    def deepest_cut(self) -> int:
        """The last cut that the options allow."""
        return self._choices.cuts[-1]

    @property
    def out_of_reach(self) -> bool:
        """See `RateController.out_of_reach`; False without a target of the estimator's own."""
        return self._goal.budget_ms is not None and self._controller is not None and self._controller.out_of_reach

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
        """Take what a frame with a goal really took, and the cut that it reached."""
        with self._lock:
            if self._controller is not None and point.backend == self.backend:
                self._controller.is_disturbed = self._surveyor.running
                self._controller.observe(replace(point, cut=cut), network_ms, total_ms, people, located)

    def _control(self, goal: Goal) -> RateController:
        assert goal.budget_ms is not None
        percentile = None if goal.deadline_ms is None else self._choices.percentile
        if self._longest_ms is None or goal.budget_ms > self._longest_ms:
            self._open_for(goal.budget_ms)
        if self._controller is None:
            points, fastest = self._preparation.points(self._ready.chosen, self._ready.opened)
            self._controller = RateController(points, goal.budget_ms, percentile, goal.label, fastest=fastest)
        else:
            self._controller.retarget(goal.budget_ms, percentile, goal.label)
        return self._controller

    def _open_for(self, budget_ms: float) -> None:
        """Frames may take longer than before, or have a budget for the first time."""
        chosen, opened = self._ready.chosen, self._ready.opened
        if self._controller is None:
            compare([(chosen.profile, chosen.seen)])
            self._ready = replace(self._ready, opened=self._preparation.first_network(chosen, budget_ms))
        else:
            self._ready = replace(self._ready, opened=self._preparation.deepened(chosen, opened, budget_ms))
            self._controller.replan(*self._preparation.points(chosen, self._ready.opened))
        self._longest_ms = budget_ms
        if not self._preparation.is_done(self._ready, budget_ms):
            self._surveyor.ask()

    def _finder_costs(self, sizes: tuple[int, ...]) -> dict[int, float]:
        assert self._controller is not None
        chosen, load = self._ready.chosen, self._controller.load
        known = [size for size in sizes if size in self._choices.sizes]
        costs = {size: chosen.profile.finder_ms(Setting(self.backend, self.precision, size), chosen.seen) for size in known}
        return {size: ms * load for size, ms in costs.items()}

    def _unmeasured(self, cut: int) -> OperatingPoint:
        return _unmeasured(cut, self._choices.sizes[-1], self.precision, self.backend)

    def turn(self) -> AbstractContextManager[None]:
        """For a frame: while the device is measured still, nothing is measured meanwhile."""
        return self._surveyor.frame()

    def take_up(self, pool: EnginePool) -> None:
        """What was found out about this device since the last frame, with networks that are opened already."""
        if self._offer is None:
            return
        with self._lock:
            ready, self._offer = self._offer, None
            if ready is None:
                return
            if ready.engines is not self.engines:
                pool.renew(ready.engines)
            self._ready = ready
            if self._controller is not None:
                self._controller.replan(*self._preparation.points(ready.chosen, ready.opened))
            logger.info("from now on: %s, %d threads, %s", self.backend, self.threads, self._described())

    def _described(self) -> str:
        if self._controller is None:
            return f"{self._choices.sizes[-1]} px, cut {self.deepest_cut}"
        point = self._controller.chosen
        known = "measured" if network_of(point) in self._preparation.measured(self._ready.chosen) else "estimated"
        return f"{point.precision}, {point.input_size} px, cut {point.cut}: {point.p50_ms:.1f} ms {known}"

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
            unused, self._offer = self._offer, None
        if unused is not None:
            self._let_go(unused)

    def frame_done(self) -> None:
        """What is not known of this device is measured in the background, from some frame on."""
        self._surveyor.frame_done()

    def _find_out(self, survey: Survey) -> None:
        """In the survey's thread."""
        with self._lock:
            ready, longest_ms = self._offer or self._ready, self._longest_ms
        for better in self._preparation.improve(ready, longest_ms, survey):
            with self._lock:
                unused, self._offer = self._offer, better
            if unused is not None and unused.engines is not better.engines:
                self._let_go(unused)

    def _let_go(self, unused: Ready) -> None:
        if unused.engines is not self.engines:
            for engine in unused.engines:
                engine.close()


@functools.cache
def _unmeasured(cut: int, size: int, precision: str, backend: str) -> OperatingPoint:
    return OperatingPoint(cut, size, precision, backend, 1.0, 1.0, 0.0)
