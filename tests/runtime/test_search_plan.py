"""How much searching a frame pays for: decided in one place, from the goal and what the finder costs."""

import pytest

from sspnet_sdk.options import Goal
from sspnet_sdk.search_plan import Finders, SearchPlan, plan_search

FINDERS = Finders((128, 192, 256), frozenset({128, 256}), {128: 2.0, 192: 5.0, 256: 10.0})


def test_without_a_goal_the_largest_finder_runs_and_every_doubt_is_settled():
    assert plan_search(FINDERS, Goal()) == SearchPlan(256, 3, True, True)
    assert plan_search(FINDERS, Goal(), everybody=True, patient=True) == SearchPlan(256, 20, True, True, True)


def test_everybody_within_a_budget_gets_as_many_looks_as_it_pays_for():
    assert plan_search(FINDERS, Goal.frame_rate(1000 / 200), everybody=True) == SearchPlan(256, 7, False, False, True)


def test_everybody_is_searched_for_whatever_it_costs_but_a_goal_forgoes_the_doubts():
    assert plan_search(FINDERS, Goal.frame_rate(1000), everybody=True, patient=True) == SearchPlan(256, 20, False, False, True)


@pytest.mark.parametrize(
    ("budget_ms", "expected"),
    [
        (1000, SearchPlan(256, 3, True, True)),
        (50, SearchPlan(256, 1, False, False)),  # 20 ms: two runs of the largest
        (30, SearchPlan(192, 1, False, False)),  # 12 ms: 256 px runs once, 192 px twice
        (10.5, SearchPlan(128, 1, False, False)),  # 4.2 ms
        (1, SearchPlan(128, 1, False, False)),  # less than one run: a rate gets two all the same
    ],
)
def test_a_rate_prefers_a_size_that_can_run_twice(budget_ms, expected):
    assert plan_search(FINDERS, Goal.frame_rate(1000 / budget_ms)) == expected


def test_a_deadline_may_leave_no_time_for_a_second_look():
    assert plan_search(FINDERS, Goal.deadline(1)) == SearchPlan(128, 0, False, False)


def test_what_is_left_pays_for_finer_cells_first_and_for_poses_then():
    cheap = Finders((128,), frozenset({128}), {128: 1.0})
    for runs, finer, poses in ((11, False, False), (12, True, False), (16, True, False), (17, True, True)):
        assert plan_search(cheap, Goal.frame_rate(400 / (runs + 0.5))) == SearchPlan(128, 3, finer, poses)


def test_a_size_that_was_not_measured_is_the_smallest_and_runs_as_seldom_as_may_be():
    assert plan_search(Finders((64, 128), frozenset(), {}), Goal.deadline(50)) == SearchPlan(64, 0, False, False)


def test_a_finder_without_a_finer_one_beside_it_leaves_doubts_to_the_poses():
    assert plan_search(Finders((192,), frozenset(), {192: 5.0}), Goal()) == SearchPlan(192, 3, False, True)
