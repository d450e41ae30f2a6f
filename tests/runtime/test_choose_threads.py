"""How many threads a network gets is measured, not assumed."""

import pytest

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.device import default_threads
from sspnet_sdk.profile import Profile, Setting, choose_threads

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
