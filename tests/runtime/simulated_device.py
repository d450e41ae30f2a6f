"""A device on paper: latencies follow a load trace, time is what the frames take. The real controller and stage rule decide."""

from dataclasses import dataclass, field, replace

import numpy as np

from sspnet_sdk.frame_rate.latency import StageTime, next_stage_fits
from sspnet_sdk.frame_rate.rate import LATE, OperatingPoint, RateController

CUTS = (2, 4, 8)
COSTS = {128: (2.5, 2.9, 3.7), 192: (5.0, 5.7, 7.3), 256: (9.0, 10.2, 13.0)}  # ms, cumulative by cut
ERRORS = {128: (95, 91, 88), 192: (84, 80, 77), 256: (75, 71, 68)}
POINTS = [
    OperatingPoint(cut, size, "fp32", "onnxruntime", cost, 1.15 * cost, error)
    for size in COSTS
    for cut, cost, error in zip(CUTS, COSTS[size], ERRORS[size], strict=True)
]


def beside_a_busy_program(frames=1200, share=0.18, slowdown=1.9, seed=1):
    """Loads: of frames after the 200th, some are interrupted by a program that wants the core, others are not."""
    interrupted = np.random.default_rng(seed).random(frames) < share
    interrupted[:200] = False
    return np.where(interrupted, slowdown, 1.0)


def unsteady(frames=1200, spread=0.25, seed=2):
    """Loads: after the 200th frame all are slower, by something else each time."""
    return np.r_[np.ones(200), 1.3 * np.random.default_rng(seed).lognormal(0, spread, frames - 200)]


@dataclass
class Run:
    """What came of a simulated run, frame by frame."""

    latency: list = field(default_factory=list)
    error: list = field(default_factory=list)
    oracle: list = field(default_factory=list)
    switches: int = 0
    controller: RateController | None = None

    def late(self, deadline, frames=slice(None)):
        return float(np.mean(np.array(self.latency)[frames] > deadline))

    def fps(self, period, frames=slice(None)):
        """Frames per second from a source that gives one every `period` ms and keeps those that wait."""
        finished, latencies = 0.0, self.latency[frames]
        for number, latency in enumerate(latencies):
            finished = max(finished, number * period) + latency
        return 1000 * len(latencies) / finished


def simulate(loads, budget_ms, percentile=None, noise=0.06, overhead=0.4, seed=0):
    """Run one frame for each of `loads` (latency over profile)."""
    random, now, run = np.random.default_rng(seed), [0.0], Run()
    controller = RateController(POINTS, budget_ms, percentile, "target", clock=lambda: now[0])
    times = {size: [StageTime() for _ in CUTS] for size in COSTS}
    for size in COSTS:  # as after the warm-up
        for stage, cost in zip(times[size], np.diff([0, *COSTS[size]]), strict=True):
            stage.update(cost)
    for load in loads:
        point = controller.choose()
        factor = load * random.lognormal(0, noise)
        deadline = LATE * budget_ms if percentile is None else budget_ms
        reached, network = _stages(point, factor, deadline, overhead, times[point.input_size])
        latency = network + overhead * load
        controller.observe(replace(point, cut=reached), network, latency)
        now[0] += max(latency, budget_ms) / 1000
        run.latency.append(latency)
        run.error.append(ERRORS[point.input_size][CUTS.index(reached)])
        run.oracle.append(_oracle(load, budget_ms - overhead * load, 1.0 if percentile is None else np.exp(1.645 * noise)))
    run.switches, run.controller = controller.switches, controller
    return run


def _stages(point, factor, deadline, overhead, times):
    """The stage chain's own rule, on paper; factor: this frame's latency over profile."""
    spent = expected = 0.0
    reached = 0
    for index, cost in enumerate(np.diff([0, *COSTS[point.input_size]])):
        cut = CUTS[index]
        if cut > point.cut and reached:
            break
        if reached and not next_stage_fits(deadline - overhead - spent, spent, expected, times[index]):
            break
        elapsed = cost * factor
        spent, expected = spent + elapsed, expected + times[index].mean_ms
        times[index].update(elapsed)
        reached = cut
    return reached, spent


def _oracle(load, budget, tail):
    """The lowest error that fits for one who knows the load of this very frame."""
    fitting = [point.error for point in POINTS if point.p50_ms * load * tail <= budget]
    return min(fitting, default=POINTS[0].error)
