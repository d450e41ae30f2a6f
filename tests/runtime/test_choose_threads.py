"""How many threads a network gets is measured, not assumed."""

import pytest

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.device import default_threads
from sspnet_sdk.frame_rate.looks import choose_threads, compare
from sspnet_sdk.frame_rate.profile import Profile, Setting
from sspnet_sdk.inference.stages import StageChain

SETTING = Setting("onnxruntime", "fp32", 64)


def with_times(bundle, threads, milliseconds):
    """A profile whose measurement is known already."""
    profile = Profile(bundle, threads)
    profile._timings[str(SETTING)] = {"p50_ms": [milliseconds] * 3, "p95_ms": [milliseconds] * 3}
    return profile


@pytest.mark.parametrize(("one", "two", "chosen"), [(10.0, 6.0, 2), (10.0, 15.0, 1), (10.0, 9.8, 1)])
def test_more_threads_are_taken_only_where_they_gain(dot_bundle, tmp_path, monkeypatch, one, two, chosen):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bundle = open_bundle(dot_bundle)
    assert choose_threads([with_times(bundle, 1, one), with_times(bundle, 2, two)], SETTING).device["threads"] == chosen


def test_an_estimator_with_a_rate_measures_its_threads_and_keeps_to_those_it_is_told(dot_bundle, tmp_path, monkeypatch, measured):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    free = measured(Estimator(dot_bundle, target_fps=10, backend="onnxruntime"))
    assert free._plan.threads in {1, default_threads()}
    assert Estimator(dot_bundle, target_fps=10, backend="onnxruntime", threads=3)._plan.threads == 3


@pytest.mark.parametrize(("slower_ms", "looks"), [((9.0, 9.5, 8.0), 3), ((9.0, 9.5, 6.0), 5)])
def test_looks_end_once_every_one_at_the_faster_was_faster(dot_bundle, tmp_path, monkeypatch, slower_ms, looks):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bundle, taken = open_bundle(dot_bundle), {1: [], 2: []}

    def run(chain, cut, turn=None):
        times = {1: slower_ms, 2: (5.0, 7.0, 6.0)}[chain._threads]
        taken[chain._threads].append(cut)
        return (times[len(taken[chain._threads]) % 3],)

    monkeypatch.setattr(StageChain, "run_grey", run)
    medians = compare([(Profile(bundle, threads), SETTING) for threads in (1, 2)])
    assert list(medians.values()) == [9.0, 6.0]
    assert [len(runs) - 1 for runs in taken.values()] == [looks, looks]  # the first run is not like the others


def test_stages_that_frames_would_run_at_once_are_opened_before_a_look(dot_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    bundle, opened = open_bundle(dot_bundle), {}
    compare([(Profile(bundle, 1), SETTING)], opened=opened, deepest={"onnxruntime": 4})
    (chain,) = opened.values()
    assert set(chain._sessions) == {0, 1} and not chain._opening
    chain.close()
