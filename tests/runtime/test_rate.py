"""What the frame-rate controller keeps, on simulated load; no network runs and no real time passes."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from simulated_device import POINTS, beside_a_busy_program, simulate, unsteady

from sspnet_sdk.frame_rate.latency import LateFrames, LoadEstimate, RecentSpread, StageTime, next_stage_fits
from sspnet_sdk.frame_rate.rate import OperatingPoint, RateController, pareto_front

FRAMES = 1200
STEADY = slice(100, None)


def traces():
    random = np.random.default_rng(3)
    spikes = np.ones(FRAMES)
    spikes[::60] = 6
    second_process = np.repeat(random.choice([1.0, 1.7], FRAMES // 80), 80)
    return {
        "calm": np.ones(FRAMES),
        "step": np.r_[np.ones(400), np.full(400, 1.8), np.ones(400)],
        "ramp": np.r_[np.ones(200), np.linspace(1, 2.2, 800), np.full(200, 2.2)],
        "spikes": spikes,
        "thermal": 1 + 0.6 / (1 + np.exp(-(np.arange(FRAMES) - 600) / 80.0)),
        "second process": second_process,
    }


@pytest.mark.parametrize("trace", traces())
@pytest.mark.parametrize("budget_ms", [7, 9, 12, 20])
def test_a_reachable_frame_rate_is_held_at_the_accuracy_of_one_who_knows_the_load(trace, budget_ms):
    run = simulate(traces()[trace], budget_ms)
    assert run.fps(budget_ms) == pytest.approx(1000 / budget_ms, rel=0.05)
    assert np.mean(run.latency) <= 1.05 * budget_ms  # also where nothing waits for the next frame
    assert np.mean(run.error) <= 1.05 * np.mean(run.oracle)


@pytest.mark.parametrize("loads", [beside_a_busy_program(), unsteady()], ids=["interrupted", "unsteady"])
@pytest.mark.parametrize("budget_ms", [7, 9, 12, 16.7, 20])
def test_beside_a_busy_program_hardly_a_frame_is_later_than_a_frame_rate_allows(loads, budget_ms):
    run = simulate(loads, budget_ms)
    taken = np.array(run.latency[250:])  # the spread is known after some frames
    assert np.mean(taken > 1.05 * budget_ms) <= 0.05
    assert taken.mean() <= 1.05 * budget_ms
    assert np.mean(run.error) <= 1.16 * np.mean(run.oracle)


def test_late_frames_make_frames_dearer_and_few_enough_of_them_do_not():
    often, seldom = LateFrames(), LateFrames()
    for frame in range(400):
        often.update(frame % 5 == 0, 1.0)
        seldom.update(frame % 50 == 0, 1.0)
    assert often.factor > 2.5 and seldom.factor < 1.03
    for _ in range(2000):
        often.update(False, 1.0)
    assert often.factor == 1.0


def test_several_late_frames_at_once_make_frames_as_dear_as_their_spread_asks_for():
    late = LateFrames()
    for _ in range(3):
        late.update(True, 2.0)
    assert late.factor < 1.1
    late.update(True, 2.0)
    assert late.factor == pytest.approx(2.0)
    for _ in range(100):
        late.update(False, 1.0)
    assert 1.7 < late.factor < 2.0


def test_soon_after_a_busy_program_frames_are_as_good_as_before_it():
    busy = np.where(np.random.default_rng(3).random(600) < 0.25, 1.9, 1.0)
    for budget_ms in (7, 9, 12, 16.7):
        errors = np.array(simulate(np.r_[np.ones(200), busy, np.ones(300)], budget_ms).error)
        assert errors[1000:].mean() <= 1.01 * errors[100:200].mean()


def test_accuracy_is_not_given_up_for_frames_that_are_late_whatever_is_run():
    run = simulate(beside_a_busy_program(share=0.06, slowdown=10), 24)  # the fastest point takes 29 ms then
    assert np.mean(run.error[300:]) <= 1.02 * min(point.error for point in POINTS)


def test_the_spread_holds_the_latest_frames_alone():
    spread = RecentSpread()
    for _ in range(39):
        spread.update(3.0)
    assert not spread.known
    for ratio in np.linspace(0.5, 1.5, 200):
        spread.update(float(ratio))
    assert spread.known and spread.tail(95) == pytest.approx(1.45, abs=0.01) and spread.tail(10) == 1.0


@pytest.mark.parametrize("trace", traces())
@pytest.mark.parametrize("budget_ms", [7, 9, 12, 20])
def test_a_deadline_is_missed_by_at_most_two_per_cent_of_the_frames(trace, budget_ms):
    loads = traces()[trace]
    run = simulate(loads, budget_ms, percentile=95)
    hopeless = loads * 2.9 > budget_ms  # even the fastest point, with its overhead
    late = (np.array(run.latency) > budget_ms) & ~hopeless
    assert late[STEADY].mean() <= 0.02
    assert np.mean(run.error) <= 1.05 * np.mean(run.oracle)


@pytest.mark.parametrize("percentile", [None, 95])
@pytest.mark.parametrize("budget_ms", [7, 9, 12, 20])
def test_ten_frames_after_a_load_step_frames_are_in_time_again_and_after_its_end_as_good_again(budget_ms, percentile):
    run = simulate(traces()["step"], budget_ms, percentile)
    after = np.array(run.latency[410:800])
    assert np.mean(after) <= 1.03 * budget_ms
    errors, before = np.array(run.error), np.mean(run.error[300:400])
    assert errors[811:900].mean() <= 1.05 * before


@pytest.mark.parametrize("percentile", [None, 95])
@pytest.mark.parametrize("budget_ms", np.linspace(5, 20, 16).tolist())
@pytest.mark.parametrize("seed", [0, 1])
def test_steady_load_does_not_make_it_flap_wherever_the_budget_lies(budget_ms, percentile, seed):
    assert simulate(np.ones(FRAMES), budget_ms, percentile, seed=seed).switches <= 6


def test_a_load_that_comes_and_goes_quickly_costs_fewer_and_fewer_switches():
    loads = np.tile(np.r_[np.ones(12), np.full(12, 1.8)], 100)
    run = simulate(loads, 9)
    assert run.switches <= 60  # following every swing would be 200


def test_a_target_out_of_reach_is_said_once_with_the_best_that_is_possible(caplog):
    with caplog.at_level(logging.WARNING, "sspnet_sdk"):
        run = simulate(np.ones(100), 1.0)
    assert run.controller.out_of_reach
    assert len(caplog.records) == 1
    assert "out of reach" in caplog.text and "cut 2 at 128 px" in caplog.text and "400 frames per second" in caplog.text


def test_a_target_that_comes_out_of_reach_under_load_is_said_then_and_the_property_follows_the_load(caplog):
    with caplog.at_level(logging.WARNING, "sspnet_sdk"):
        run = simulate(np.r_[np.ones(100), np.full(100, 4.0)], 5)
        assert run.controller.out_of_reach and len(caplog.records) == 1
        assert not simulate(np.r_[np.ones(100), np.full(100, 4.0), np.ones(100)], 5).controller.out_of_reach


def test_what_is_lost_to_finding_the_person_is_out_of_reach_too_until_the_goal_changes(caplog):
    controller = RateController(POINTS, 10.0, None, "target_fps=100")
    with caplog.at_level(logging.WARNING, "sspnet_sdk"):
        for _ in range(20):
            point = controller.choose(located=True)
            controller.observe(point, point.p50_ms, point.p50_ms + 30.0, located=True)
    assert controller.out_of_reach and len(caplog.records) == 1 and "takes 32.5 ms" in caplog.text
    controller.retarget(100.0, None, "target_fps=10")
    assert not controller.out_of_reach


def test_the_front_holds_no_point_that_another_beats():
    worse = OperatingPoint(8, 128, "fp32", "onnxruntime", 6.0, 7.0, 90.0)  # slower than 192 px cut 2, and less accurate
    front = pareto_front([*POINTS, worse])
    assert worse not in front
    assert [p.p50_ms for p in front] == sorted(p.p50_ms for p in front)
    assert [p.error for p in front] == sorted((p.error for p in front), reverse=True)


def test_more_people_in_the_frame_mean_a_faster_point_for_each():
    controller = RateController(POINTS, 20)
    assert controller.choose(people=1).p50_ms > controller.choose(people=4).p50_ms


def test_changing_the_goal_takes_effect_on_the_next_frame():
    controller = RateController(POINTS, 20)
    controller.retarget(3.0, 95, "deadline_ms=3")
    assert controller.choose().p50_ms <= 3.0
    controller.retarget(20.0, None, "target_fps=50")
    assert controller.choose() == controller.front[-1]


def test_the_tail_of_a_point_meets_its_measured_percentiles():
    point = OperatingPoint(2, 128, "fp32", "onnxruntime", 4.0, 6.0, 1.0)
    assert point.tail(50) == pytest.approx(1.0)
    assert point.tail(95) == pytest.approx(1.5)
    assert point.tail(99) > 1.5


def test_the_load_follows_a_step_within_four_frames_and_ignores_a_single_spike():
    load = LoadEstimate()
    for _ in range(50):
        load.update(1.0)
    load.update(8.0)
    assert load.value == pytest.approx(1.0, abs=0.05)
    for _ in range(20):
        load.update(1.0)
    for _ in range(4):
        load.update(2.0)
    assert load.value == pytest.approx(2.0, abs=0.05)


def test_a_stall_in_the_first_stage_stops_the_frame_before_the_next():
    upcoming = StageTime()
    upcoming.update(2.0)
    assert next_stage_fits(left_ms=3.0, spent_ms=4.0, expected_ms=4.0, upcoming=upcoming)
    assert not next_stage_fits(left_ms=3.0, spent_ms=12.0, expected_ms=4.0, upcoming=upcoming)


def test_other_points_are_chosen_among_as_at_the_start():
    controller = RateController(POINTS, 10.0, clock=lambda: 0.0)
    for _ in range(50):
        controller.observe(controller.choose(), 40.0, 60.0)
    assert controller.load > 2
    faster = [replace(point, p50_ms=point.p50_ms / 2, p95_ms=point.p95_ms / 2) for point in POINTS]
    controller.replan(faster)
    assert controller.load == 1 and not controller.out_of_reach
    assert controller.choose() == RateController(faster, 10.0).choose()


def test_one_network_more_leaves_what_is_known_of_the_load():
    few = [point for point in POINTS if point.input_size == 192]
    controller = RateController(few, 20.0, clock=lambda: 0.0)
    for _ in range(50):
        point = controller.choose()
        controller.observe(point, 2 * point.p50_ms, 2 * point.p50_ms + 1)
    controller.replan(POINTS)
    assert controller.load == pytest.approx(2.0, abs=0.05)
    assert controller.choose() == max((p for p in controller.front if 2 * p.p50_ms + 1 <= 0.94 * 20.0), key=lambda p: p.p50_ms)


def test_what_is_out_of_reach_is_told_by_the_fastest_point_even_before_it_can_be_run(caplog):
    slow, fastest = [point for point in POINTS if point.input_size == 256], min(POINTS, key=lambda point: point.p50_ms)
    assert RateController(slow, 5.0, clock=lambda: 0.0).out_of_reach
    caplog.clear()
    assert not RateController(slow, 5.0, clock=lambda: 0.0, fastest=fastest).out_of_reach and not caplog.text
    assert RateController(slow, 1.0, goal="target_fps=1000", clock=lambda: 0.0, fastest=fastest).out_of_reach
    assert "target_fps=1000 is out of reach here: the fastest operating point (cut 2 at 128 px" in caplog.text


def test_frames_beside_a_measurement_do_not_tell_what_is_out_of_reach():
    controller = RateController(POINTS, 10.0, clock=lambda: 0.0)
    for disturbed in (True, False):
        controller.is_disturbed = disturbed
        for _ in range(20):
            controller.observe(controller.choose(), 80.0, 90.0)
        assert controller._unreached == (0 if disturbed else 20)
