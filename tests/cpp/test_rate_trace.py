"""The recorded trace that libsspnet's own tests replay is what the Python controller does today."""

import json
from pathlib import Path

import pytest

from sspnet_sdk.frame_rate.rate import OperatingPoint, RateController

TRACES = json.loads(Path(__file__).with_name("rate_trace.json").read_text())


def replay(trace):
    """The choices, and the controller at the end."""
    now = [trace["start_s"]]
    points = [OperatingPoint(precision="fp32", backend="any", **point) for point in trace["points"]]
    controller = RateController(points, trace["budget_ms"], trace["percentile"], "target", clock=lambda: now[0])
    by_name = {(p.cut, p.input_size): p for p in points}
    choices = []
    for kind, at, *rest in trace["events"]:
        now[0] = at
        if kind == "choose":
            choice = controller.choose(*rest[:2])
            choices.append([choice.cut, choice.input_size])
        elif kind == "observe":
            cut, size, *timings = rest
            controller.observe(by_name[cut, size], *timings)
        else:
            controller.retarget(*rest, "target")
    return choices, controller


@pytest.mark.parametrize("trace", TRACES, ids=lambda trace: trace["name"])
def test_the_controller_still_chooses_what_the_trace_says(trace):
    choices, controller = replay(trace)
    assert choices == [event[4:] for event in trace["events"] if event[0] == "choose"]
    assert controller.switches == trace["end"]["switches"] > 0
    assert controller.load == pytest.approx(trace["end"]["load"], rel=1e-12)
    assert controller.out_of_reach == trace["end"]["out_of_reach"]
