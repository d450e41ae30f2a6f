"""Which operating point fits the frame budget. Pure: timings and a clock come in, decisions go out; no network runs here."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import NormalDist, median

from sspnet_sdk.frame_rate.latency import LateFrames, LoadEstimate, RecentSpread

logger = logging.getLogger("sspnet_sdk")

# Hysteresis: a point is left when it costs more than _KEEP budgets. A dearer one is taken when it would cost less than _TAKE of
# the budget, for so many frames. An upgrade that did not last keeps the next one waiting, longer each time.
_KEEP, _TAKE, _DWELL_FRAMES = 1.02, 0.94, 4
_FIRST_WAIT_S, _LONGEST_WAIT_S, _LASTING_S = 0.5, 2.0, 2.0
_UNREACHED_FRAMES = 10
_ON_TIME = 92  # of 100 frames of a rate, by their spread alone: some of the others are stopped before they are late
LATE = 1.05
"""A frame rate is a mean, but hardly a frame shall be late: take more than so many budgets."""


@dataclass(frozen=True)
class OperatingPoint:
    """One way to run the network, and what it costs and gives on this device.

    `p50_ms` and `p95_ms` are the network's latency for one crop. `error` is lower where the pose is better: PA-MPJPE in
    millimetres or 1 − PCK, if the bundle states them for every point, else a stand-in that falls with the work done.
    """

    cut: int
    input_size: int
    precision: str
    backend: str
    p50_ms: float
    p95_ms: float
    error: float

    def tail(self, percentile: float) -> float:
        """The latency at `percentile` as a multiple of the median, from a log-normal through p50 and p95."""
        ratio = max(self.p95_ms / self.p50_ms, 1.0)
        return float(ratio ** (NormalDist().inv_cdf(percentile / 100) / NormalDist().inv_cdf(0.95)))


def pareto_front(points: Iterable[OperatingPoint]) -> list[OperatingPoint]:
    """The points that no other point beats in both latency and error, the fastest (and worst) first."""
    front: list[OperatingPoint] = []
    for point in sorted(points, key=lambda p: (p.p50_ms, p.error)):
        if not front or point.error < front[-1].error:
            front.append(point)
    return front


class RateController:
    """Moves along the Pareto front so that frames fit the budget. It takes the most accurate point that is expected to fit.

    Args:
        points: what can be run, in any order.
        budget_ms: time for one frame.
        percentile: None keeps the mean within the budget (a frame rate), and 95 of 100 frames within `LATE` budgets where going
            faster can do that; a number in (0, 100) keeps that percentile (a deadline).
        goal: how the user asked for it; begins the one warning that says it is out of reach.
        clock: seconds, monotonic.
        fastest: the fastest point there is, where it cannot be run yet: it tells what is out of reach. None: that of `points`.
    """

    def __init__(
        self,
        points: Sequence[OperatingPoint],
        budget_ms: float,
        percentile: float | None = None,
        goal: str = "the frame budget",
        clock: Callable[[], float] = time.monotonic,
        fastest: OperatingPoint | None = None,
    ) -> None:
        self.front = pareto_front(points)
        self._fastest = fastest or self.front[0]
        self.switches = 0
        self._points = {(p.cut, p.input_size, p.precision, p.backend): p for p in points}
        self._budget_ms, self._percentile, self._goal, self._clock = budget_ms, percentile, goal, clock
        self._load = LoadEstimate()
        self._overheads: dict[bool, deque[float]] = {False: deque(maxlen=9), True: deque(maxlen=9)}
        self._spread, self._late = RecentSpread(), LateFrames()
        self._index = self._best(_TAKE, 1, False)
        self._dwell = 0
        self._candidate = self._index
        self._upgraded_at, self._wait_s, self._not_before = -math.inf, _FIRST_WAIT_S, -math.inf
        self._unreached = 0
        self.is_disturbed = False
        """Whether frames are slower for a while because this device is being measured: they do not tell what is out of reach."""
        self._warned = False
        if self.out_of_reach:
            self._warn(1, False)

    @property
    def budget_ms(self) -> float:
        """Time for one frame."""
        return self._budget_ms

    @property
    def chosen(self) -> OperatingPoint:
        """What frames run at."""
        return self.front[self._index]

    @property
    def load(self) -> float:
        """Latency now over latency when profiled."""
        return self._load.value

    @property
    def out_of_reach(self) -> bool:
        """Whether even the fastest point misses the budget now, or the last frames missed it as they were asked for."""
        return self._expected(self._fastest, 1, False) > self._budget_ms or self._unreached >= _UNREACHED_FRAMES

    def replan(self, points: Sequence[OperatingPoint], fastest: OperatingPoint | None = None) -> None:
        """Choose among other points from now on, as at the start.

        What is known of the load stays if the chosen point is among them with the timing that it had.
        """
        before = self.front[self._index]
        self.front, self._points = pareto_front(points), {(p.cut, p.input_size, p.precision, p.backend): p for p in points}
        self._fastest = fastest or self.front[0]
        if before not in points:
            self._load, self._spread, self._late = LoadEstimate(), RecentSpread(), LateFrames()
            for overheads in self._overheads.values():
                overheads.clear()
        self._index = self._candidate = self._best(_TAKE, 1, False)
        self._dwell = self._unreached = 0

    def retarget(self, budget_ms: float, percentile: float | None, goal: str) -> None:
        """Change the goal. What is known about the load stays."""
        if (budget_ms, percentile) == (self._budget_ms, self._percentile):
            return
        self._budget_ms, self._percentile, self._goal = budget_ms, percentile, goal
        self._index, self._dwell, self._unreached = self._best(_TAKE, 1, False), 0, 0

    def choose(self, people: int = 1, located: bool = False) -> OperatingPoint:
        """The point for the next frame.

        Args:
            people: crops that the frame holds; they share the budget.
            located: the frame also pays for finding the person.
        """
        if self._cost(self._index, people, located) > self._budget_ms * _KEEP:
            self._degrade(self._best(1.0, people, located))
        else:
            self._consider(self._best(_TAKE, people, located))
        return self.front[self._index]

    def observe(self, point: OperatingPoint, network_ms: float, total_ms: float, people: int = 1, located: bool = False) -> None:
        """Take one frame's timings.

        Args:
            point: what was really run (a deadline may have stopped it at a shallower cut than chosen).
            network_ms: time in the network for all `people`.
            total_ms: time from call to result.
        """
        known = self._points.get((point.cut, point.input_size, point.precision, point.backend), point)
        ratio = network_ms / (known.p50_ms * people)
        self._load.update(ratio)
        self._spread.update(ratio / self._load.value)
        late_ms = LATE * self._budget_ms
        hopeless = ratio * people * self._fastest.p50_ms + self._overhead(located) > late_ms  # even the fastest point is late
        if not hopeless:
            self._late.update(total_ms > late_ms, self._spread.tail(_ON_TIME) / LATE)
        self._overheads[located].append(max(total_ms - network_ms, 0.0))
        undisturbed = self._fastest.p50_ms * people if self.is_disturbed else self._expected(self._fastest, people, located)
        self._unreached = self._unreached + 1 if undisturbed > self._budget_ms * _KEEP else 0
        if self._unreached >= _UNREACHED_FRAMES:
            self._warn(people, located)

    def _cost(self, index: int, people: int, located: bool) -> float:
        """What has to stay within the budget."""
        expected = self._expected(self.front[index], people, located)
        if self._percentile is not None:
            return expected
        usual = self._load.value * people * self.front[index].p50_ms + self._overhead(located)
        return max(expected, self._late.factor * usual)

    def _expected(self, point: OperatingPoint, people: int, located: bool) -> float:
        """The mean, or the percentile that is asked for."""
        p50_ms, overhead = point.p50_ms * people, self._overhead(located)
        if self._percentile is None:
            return self._load.mean * p50_ms + overhead
        return self._load.value * self._tail(point, self._percentile) * p50_ms + overhead

    def _overhead(self, located: bool) -> float:
        overheads = self._overheads[located]
        return median(overheads) if overheads else 0.0

    def _tail(self, point: OperatingPoint, percentile: float) -> float:
        return self._spread.tail(percentile) if self._spread.known else point.tail(percentile)

    def _best(self, share: float, people: int, located: bool) -> int:
        fitting = [i for i in range(len(self.front)) if self._cost(i, people, located) <= self._budget_ms * share]
        return fitting[-1] if fitting else 0

    def _degrade(self, index: int) -> None:
        if index >= self._index:
            return
        now = self._clock()
        lasted = now - self._upgraded_at > _LASTING_S
        self._wait_s = _FIRST_WAIT_S if lasted else min(2 * self._wait_s, _LONGEST_WAIT_S)
        self._not_before = -math.inf if lasted else now + self._wait_s
        self._move(index)

    def _consider(self, candidate: int) -> None:
        if candidate <= self._index:
            self._dwell = 0
            return
        self._candidate = min(candidate, self._candidate) if self._dwell else candidate
        self._dwell += 1
        if self._dwell >= _DWELL_FRAMES and self._clock() >= self._not_before:
            self._upgraded_at = self._clock()
            self._move(self._candidate)

    def _move(self, index: int) -> None:
        self._index, self._dwell = index, 0
        self.switches += 1

    def _warn(self, people: int, located: bool) -> None:
        if self._warned:
            return
        self._warned = True
        point, latency = self._fastest, self._expected(self._fastest, people, located)
        logger.warning(
            "%s is out of reach here: the fastest operating point (cut %d at %d px, %s %s) takes %.1f ms, %.0f frames per second",
            self._goal,
            point.cut,
            point.input_size,
            point.backend,
            point.precision,
            latency,
            1000 / latency,
        )
