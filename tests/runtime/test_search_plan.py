"""How much searching a frame pays for: the cases that C++ and the browser replay too."""

import json
from pathlib import Path

import pytest

from sspnet_sdk.frame_rate.search_plan import Finders, SearchPlan, plan_search
from sspnet_sdk.options import Goal

RECORDED = json.loads((Path(__file__).parents[1] / "search_cases.json").read_text())


def goal_of(described):
    if "deadline_ms" in described:
        return Goal.deadline(described["deadline_ms"])
    return Goal.frame_rate(described["target_fps"]) if "target_fps" in described else Goal()


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["says"])
def test_a_frame_pays_for_as_much_searching_as_its_goal_allows(case):
    finders = dict(RECORDED["finders"][case["finders"]])
    cost_ms = {int(size): cost for size, cost in finders["cost_ms"].items()}
    finders = Finders(tuple(finders["sizes"]), frozenset(finders["finer"]), cost_ms, finders["one_look"])
    plan = plan_search(finders, goal_of(case["goal"]), case["everybody"], case["patient"])
    assert plan == SearchPlan(**case["plan"], everybody=case["everybody"])
