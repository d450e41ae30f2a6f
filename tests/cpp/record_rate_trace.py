"""Writes rate_trace.json: what the frame-rate controller was told and what it chose, for a replay through Python and C++.

PYTHONPATH=tests/runtime python tests/cpp/record_rate_trace.py
"""

import json
import time
from pathlib import Path

import cv2
import numpy as np
import simulated_device
from simulated_device import POINTS, beside_a_busy_program, simulate

from sspnet_sdk import Estimator
from sspnet_sdk.frame_rate.rate import RateController

TRACE = Path(__file__).with_name("rate_trace.json")
PHOTO = Path(__file__).parents[2] / "examples/photos/000000000790.jpg"
BOXES = [[7.59, 110.85, 194.19, 267.18], [433.38, 134.04, 195.86, 287.96], [211.71, 78.07, 97.58, 120.75]]


class RecordingController(RateController):
    """A controller that writes down every call; its clock stands still during a call, as it will in the replay."""

    def __init__(self, points, budget_ms, percentile=None, goal="", clock=time.monotonic):
        self._now, self._outer_clock, self.events = clock(), clock, []
        self.start = {
            "points": [_point(p) for p in points],
            "budget_ms": budget_ms,
            "percentile": percentile,
            "start_s": self._now,
        }
        super().__init__(points, budget_ms, percentile, goal, clock=lambda: self._now)

    def retarget(self, budget_ms, percentile, goal):
        self._now = self._outer_clock()
        self.events.append(["retarget", self._now, budget_ms, percentile])
        super().retarget(budget_ms, percentile, goal)

    def choose(self, people=1, located=False):
        self._now = self._outer_clock()
        point = super().choose(people, located)
        self.events.append(["choose", self._now, people, located, point.cut, point.input_size])
        return point

    def observe(self, point, network_ms, total_ms, people=1, located=False):
        self._now = self._outer_clock()
        self.events.append(["observe", self._now, point.cut, point.input_size, network_ms, total_ms, people, located])
        super().observe(point, network_ms, total_ms, people, located)

    def trace(self, name):
        end = {"switches": self.switches, "load": self.load, "out_of_reach": self.out_of_reach}
        return {"name": name, **self.start, "events": self.events, "end": end}


def _point(point):
    return {name: getattr(point, name) for name in ("cut", "input_size", "p50_ms", "p95_ms", "error")}


def on_this_device(frames=240):
    """A real estimator on a photograph: one person, now and then three, a rate, then a deadline."""
    image = cv2.imread(str(PHOTO))
    estimator = Estimator(backend="openvino", precision="fp32", target_fps=30, threads=1)
    plan = estimator._plan
    for _ in range(2):  # measuring begins after the second frame
        plan.frame_done()
    plan.wait()
    plan.take_up(estimator._pool)
    points = list(plan._controller._points.values())
    middle = sorted(point.p50_ms for point in points)[len(points) // 2]
    plan._controller = RecordingController(points, 1.3 * middle, None, "target_fps")
    plan._goal = type(plan._goal)(1.3 * middle, None, "target_fps")
    for frame in range(frames):
        if frame == frames // 2:
            plan._goal = type(plan._goal)(1.5 * middle, 1.5 * middle, "deadline_ms")
            plan._controller.retarget(1.5 * middle, 95, "deadline_ms")
        if frame % 20 == 19:
            estimator.predict_many(image, BOXES)
        else:
            estimator.predict(image, BOXES[frame % 2])
    return plan._controller.trace("a real estimator on a busy machine of two cores")


def simulated(name, loads, budget_ms, percentile):
    """The device on paper that the controller's own tests use."""
    simulated_device.RateController = RecordingController
    return simulate(loads, budget_ms, percentile).controller.trace(name)


def located_people(frames=200):
    """Frames with one to four people that have to be found, under a load that comes and goes."""
    random, now = np.random.default_rng(5), [100.0]
    controller = RecordingController(POINTS, 25.0, 90, "deadline_ms=25", clock=lambda: now[0])
    for frame in range(frames):
        people, located = 1 + frame // 10 % 4, frame % 3 == 0
        point = controller.choose(people, located)
        network = point.p50_ms * people * (1.8 if 60 <= frame < 120 else 1.0) * random.lognormal(0, 0.08)
        total = network + 0.5 + (3.0 if located else 0.0)
        controller.observe(point, network, total, people, located)
        now[0] += max(total, 25.0) / 1000
        if frame == 150:
            controller.retarget(12.0, None, "target_fps=83")
    return controller.trace("people who have to be found")


def main():
    step = np.r_[np.ones(100), np.full(80, 1.8), np.ones(60)]
    spikes = np.where(np.arange(200) % 40 == 0, 6.0, 1.0)
    traces = [
        on_this_device(),
        simulated("a load step at a frame rate", step, 9, None),
        simulated("a frame rate beside a busy program", beside_a_busy_program(500), 12, None),
        simulated("spikes before a deadline", spikes, 12, 95),
        located_people(),
    ]
    TRACE.write_text(json.dumps(traces, separators=(",", ":"), default=lambda number: number.item()).replace('["', '\n["') + "\n")


if __name__ == "__main__":
    main()
