"""Measured profiles: kept per device and bundle, measured anew when they cannot be used."""

import json
import os

import pytest

from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.frame_rate.profile import Profile, Setting


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "sspnet-sdk" / "profiles"


@pytest.fixture
def bundle(dot_bundle):
    return open_bundle(dot_bundle)


SETTINGS = [Setting("onnxruntime", "fp32", size) for size in (64, 128)]


def measured(profile, settings=SETTINGS):
    """The settings that had to be measured."""
    seen = []
    profile.measure(settings, seen.append)
    return seen


def test_every_cut_of_a_setting_is_measured_once_and_kept(bundle, cache):
    profile = Profile(bundle, threads=1)
    assert measured(profile) == SETTINGS
    points = profile.points(SETTINGS)
    assert [(p.cut, p.input_size) for p in points] == [(cut, size) for size in (64, 128) for cut in (2, 4, 8)]
    assert all(0 < p.p50_ms <= p.p95_ms for p in points) and profile.finder_ms(SETTINGS[0], SETTINGS[0]) > 0
    assert points[0].p50_ms < points[1].p50_ms < points[2].p50_ms  # a deeper cut is never cheaper: one chain measures them all
    again = Profile(bundle, threads=1)
    assert measured(again) == [] and again.points(SETTINGS) == points


def test_another_thread_count_is_another_profile_and_refresh_measures_anew(bundle, cache):
    measured(Profile(bundle, threads=1))
    assert measured(Profile(bundle, threads=2)) == SETTINGS
    assert measured(Profile(bundle, threads=1, refresh=True)) == SETTINGS


def test_one_setting_more_leaves_the_others(bundle, cache):
    measured(Profile(bundle, threads=1), SETTINGS[:1])
    assert measured(Profile(bundle, threads=1)) == SETTINGS[1:]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "\x00" * 100,
        lambda text: text.replace("p50_ms", "p5O_ms"),
        lambda text: json.dumps({**json.loads(text), "key": "other"}),
        lambda text: text.replace('"finders": {', '"finders": {"x": [1e9, 1e9], '),
        lambda text: json.dumps({**json.loads(text), "timings": {"onnxruntime/fp32/64": None}}),
        lambda text: text.replace("0.", "-0."),
        lambda text: text.replace('"finders": {', '"finders": {"x": [1' + 400 * "0" + ", 1], "),
        lambda text: "[" * 100_000,
    ],
)
def test_a_spoilt_profile_is_measured_anew(bundle, cache, spoil):
    measured(Profile(bundle, threads=1))
    (path,) = cache.glob("*.json")
    path.write_text(spoil(path.read_text()))
    assert measured(Profile(bundle, threads=1)) == SETTINGS
    assert measured(Profile(bundle, threads=1)) == []


def test_a_cache_that_cannot_be_written_only_means_that_nothing_is_kept(bundle, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert measured(Profile(bundle, threads=1)) == SETTINGS
    assert measured(Profile(bundle, threads=1)) == SETTINGS


def test_nothing_half_written_is_left(bundle, cache):
    measured(Profile(bundle, threads=1))
    assert [os.path.splitext(name)[1] for name in os.listdir(cache)] == [".json"]
