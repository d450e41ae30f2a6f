"""Estimates of latency from what was observed: the load of the device, and the time of one stage. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from statistics import median


class LoadEstimate:
    """How much slower the device is now than when it was profiled. A slow mean, which jumps when frames agree on a new level.

    Latency is modelled as load x profile for all points alike, so what one point shows holds for the others. `value` follows
    steps within four frames and ignores single spikes. `mean` adds what spikes cost on average.
    """

    def __init__(self) -> None:
        self.value = 1.0
        self._recent: deque[float] = deque(maxlen=5)
        self._spread = 0.05
        self._astray = 0
        self._excess = 0.0

    @property
    def mean(self) -> float:
        """Average load, spikes included."""
        return self.value + self._excess

    def update(self, ratio: float) -> None:
        """Take a frame. `ratio` is its latency over the profile's for the same point."""
        self._recent.append(ratio)
        level = median(self._recent)
        threshold = max(0.12, 2.5 * self._spread)
        self._astray = self._astray + 1 if abs(level / self.value - 1) > threshold else 0
        if self._astray >= 2:
            self.value, self._astray = level, 0
            return
        reach = 1 + 3 * max(self._spread, 0.03)
        usual = min(max(ratio, self.value / reach), self.value * reach)
        self._excess += 0.005 * (max(ratio - usual, 0.0) - self._excess)
        self._spread += 0.05 * (min(abs(ratio / self.value - 1), 3 * self._spread + 0.02) - self._spread)
        self.value += 0.08 * (usual - self.value)


class RecentSpread:
    """How far single frames lie from what was expected of them: quantiles of the latest ratios."""

    _LATEST, _FEWEST = 200, 40

    def __init__(self) -> None:
        self._latest: deque[float] = deque()
        self._ordered: list[float] = []

    @property
    def known(self) -> bool:
        """Whether enough frames were seen to speak of quantiles."""
        return len(self._latest) >= self._FEWEST

    def update(self, ratio: float) -> None:
        """`ratio`: a frame's latency over the one that was expected of it."""
        self._latest.append(ratio)
        insort(self._ordered, ratio)
        if len(self._latest) > self._LATEST:
            del self._ordered[bisect_left(self._ordered, self._latest.popleft())]

    def tail(self, percentile: float) -> float:
        """The ratio that `percentile` of the latest frames did not exceed, at least 1."""
        count = len(self._ordered)
        return max(1.0, self._ordered[min(int(count * percentile / 100), count - 1)])


class LateFrames:
    """How much dearer than expected frames must be taken for, so that few are late.

    Up with each that is late, at once to what the spread asks for when several are, slowly down again.
    """

    _ALLOWED, _STEP, _MOST = 0.04, 0.03, 1.1  # of all frames; steps and the most are logarithms of the factor
    _SEVERAL, _LATEST = 4, 50  # frames

    def __init__(self) -> None:
        self._caution = 0.0
        self._latest: deque[bool] = deque(maxlen=self._LATEST)

    @property
    def factor(self) -> float:
        """At least 1."""
        return math.exp(self._caution)

    def update(self, late: bool, needed: float) -> None:
        """Take a frame. In the long run `_ALLOWED` of them are late, however their times are spread.

        `needed`: the factor that the spread of the latest frames asks for.
        """
        self._caution = max(self._caution + self._STEP * (late - self._ALLOWED), 0.0)
        self._latest.append(late)
        if sum(self._latest) >= self._SEVERAL:
            self._caution = max(self._caution, math.log(needed))
        self._caution = min(self._caution, self._MOST)


class StageTime:
    """Running estimate of one stage's time per person, in milliseconds."""

    def __init__(self) -> None:
        self.mean_ms = 0.0
        self._deviation_ms = 0.0

    @property
    def known(self) -> bool:
        """Whether this stage has been timed."""
        return self.mean_ms > 0

    @property
    def p95_ms(self) -> float:
        """What the next run will hardly exceed (the mean and two mean deviations)."""
        return self.mean_ms + 2 * self._deviation_ms

    def update(self, elapsed_ms: float) -> None:
        """Take one run's time per person."""
        if not self.known:
            self.mean_ms, self._deviation_ms = max(elapsed_ms, 1e-6), elapsed_ms / 10
            return
        self._deviation_ms += 0.2 * (min(abs(elapsed_ms - self.mean_ms), self.mean_ms) - self._deviation_ms)
        self.mean_ms += 0.2 * (min(elapsed_ms, 3 * self.mean_ms) - self.mean_ms)


def next_stage_fits(left_ms: float, spent_ms: float, expected_ms: float, upcoming: StageTime) -> bool:
    """Whether one more stage is expected to end in `left_ms`.

    A machine that stalls shows it in the first stage already; the next one will be as slow.

    Args:
        left_ms: time that is left.
        spent_ms: what this frame's earlier stages took.
        expected_ms: what they usually take.
        upcoming: the next stage.
    """
    slowdown = max(1.0, spent_ms / expected_ms) if expected_ms > 0 else 1.0
    return upcoming.p95_ms * slowdown <= left_ms
