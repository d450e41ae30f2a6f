"""Measure the operating points on this device once. The result is kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sspnet_sdk.backends import installed, load
from sspnet_sdk.backends.choice import able, runs
from sspnet_sdk.backends.protocol import Backend
from sspnet_sdk.bundle import Bundle
from sspnet_sdk.device import describe_device
from sspnet_sdk.errors import BackendError
from sspnet_sdk.rate import OperatingPoint
from sspnet_sdk.stages import StageChain
from sspnet_sdk.thresholds import CentresAndBoxes
from sspnet_sdk.user_cache import cache_folder

logger = logging.getLogger("sspnet_sdk")

_FORMAT = 2
_WORTH_A_THREAD = 1.05  # what more threads must gain over fewer
_SECONDS, _FEWEST_RUNS, _MOST_RUNS = 0.4, 8, 40  # per size, precision and backend: all of the cuts in one go


@dataclass(frozen=True)
class Setting:
    """What one measurement is about. All of its cuts are measured together."""

    backend: str
    precision: str
    size: int

    def __str__(self) -> str:
        return f"{self.backend}/{self.precision}/{self.size}"

    @property
    def label(self) -> str:
        """Engine and precision, for people. fp32 goes without saying."""
        return self.backend if self.precision == "fp32" else f"{self.backend} {self.precision}"


Timings = dict[str, list[float]]
"""`p50_ms` and `p95_ms` of each cut, in the bundle's order; `finder_ms`: the same of the finder, if there is one."""


class Profile:
    """Timings of a bundle on this device. They are measured when asked for the first time, and read from the cache afterwards."""

    def __init__(self, bundle: Bundle, threads: int, refresh: bool = False) -> None:
        self.device: dict[str, Any] = {**describe_device(), "threads": threads}
        self._bundle, self._threads = bundle, threads
        key = {"format": _FORMAT, "device": self.device, "bundle": bundle.digest, "engines": installed()}
        self._key = json.dumps(key, sort_keys=True)
        folder = cache_folder("profiles")
        self._path = None if folder is None else folder / f"{hashlib.sha256(self._key.encode()).hexdigest()[:24]}.json"
        self._timings: dict[str, Timings] = {} if refresh else self._read()

    @property
    def is_kept(self) -> bool:
        """Whether the timings lie in the user's cache folder."""
        return self._path is not None and self._path.is_file()

    def measure(self, settings: Iterable[Setting], progress: Callable[[Setting], None] | None = None) -> None:
        """Measure the settings that are not known yet. `progress` is called before each."""
        missing = [setting for setting in settings if str(setting) not in self._timings]
        for setting in missing:
            if progress is not None:
                progress(setting)
            self._timings[str(setting)] = _measure(self._bundle, load(setting.backend), setting, self._threads)
        if missing:
            self._write()

    def points(self, settings: Iterable[Setting], cuts: Iterable[int] | None = None) -> list[OperatingPoint]:
        """The measured operating points of some settings (measure them first)."""
        measured = list(settings)
        errors = _errors(self._bundle, measured)
        wanted = set(self._bundle.cuts if cuts is None else cuts)
        points = []
        for setting in measured:
            timings = self._timings[str(setting)]
            for cut, p50, p95 in zip(self._bundle.cuts, timings["p50_ms"], timings["p95_ms"], strict=True):
                if cut in wanted:
                    error = errors[setting.precision, setting.size, cut]
                    points.append(OperatingPoint(cut, setting.size, setting.precision, setting.backend, p50, p95, error))
        return points

    def full_ms(self, setting: Setting) -> float:
        """Median time of all stages in a measured setting."""
        return self._timings[str(setting)]["p50_ms"][-1]

    def finder_ms(self, setting: Setting) -> float:
        """Median time of the finder in a measured setting; 0 where the bundle has none."""
        return (self.finder_times(setting) or (0.0, 0.0))[0]

    def finder_times(self, setting: Setting) -> tuple[float, float] | None:
        """Median and 95th percentile of the finder in a measured setting; None where the bundle has none."""
        times = self._timings[str(setting)]["finder_ms"]
        return (times[0], times[-1]) if times else None

    def _read(self) -> dict[str, Timings]:
        if self._path is None:
            return {}
        try:
            kept = json.loads(self._path.read_text())
            if kept["key"] != self._key:
                return {}
            return {name: _checked(entry, len(self._bundle.cuts)) for name, entry in kept["timings"].items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            logger.info("measuring anew: the kept profile %s cannot be used (%s)", self._path, error)
            return {}

    def _write(self) -> None:
        if self._path is None:
            return
        content = json.dumps({"key": self._key, "timings": self._timings}, indent=1)
        try:
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.stem, suffix=".tmp")
            with contextlib.suppress(FileNotFoundError):
                try:
                    with os.fdopen(handle, "w") as file:
                        file.write(content)
                    os.replace(name, self._path)
                finally:
                    Path(name).unlink()
        except OSError as error:
            logger.info("the profile is not kept: %s", error)


def settings_of(bundle: Bundle, engines: Sequence[str], precisions: Sequence[str], sizes: Sequence[int]) -> list[Setting]:
    """What some engines run of a bundle in some precisions and sizes.

    Raises:
        BackendError: none of them runs any of the precisions.
    """
    pairs = [(engine, precision) for engine in able(engines, precisions, bundle) for precision in precisions]
    return [Setting(*pair, size) for pair in pairs if runs(*pair, bundle) for size in sizes]


def choose_backend(profile: Profile, settings: Sequence[Setting]) -> str:
    """The engine whose full chain is fastest in one of some settings; an engine that does not work here is passed over.

    Raises:
        BackendError: none is installed, or none works.
    """
    candidates = dict.fromkeys(setting.backend for setting in settings)
    measured: dict[Setting, float] = {}
    failures = []
    for backend in candidates:
        try:
            if len(candidates) == 1:
                load(backend)
                logger.info("backend %s: the only one to choose from", backend)
                return backend
            own = [setting for setting in settings if setting.backend == backend]
            profile.measure(own)
            measured |= {setting: profile.full_ms(setting) for setting in own}
        except BackendError as error:
            failures.append(str(error))
            logger.warning("passing over a backend: %s", error)
    if not measured:
        raise BackendError("; ".join(failures))
    best = min(measured, key=measured.__getitem__)
    described = ", ".join(f"{setting.label} {ms:.1f} ms" for setting, ms in measured.items())
    logger.info("backend %s: fastest here (%s)", best.backend, described)
    return best.backend


def choose_threads(profiles: Sequence[Profile], setting: Setting) -> Profile:
    """The profile whose full chain is fastest, of profiles with more and more threads; the fewer threads where it hardly matters.

    Small networks gain little from a second thread, and lose where another program wants its core.
    """
    times = []
    for profile in profiles:
        profile.measure([setting])
        times.append(profile.full_ms(setting))
    best = next(profile for profile, ms in zip(profiles, times, strict=True) if ms <= min(times) * _WORTH_A_THREAD)
    described = ", ".join(f"{profile.device['threads']}: {ms:.1f} ms" for profile, ms in zip(profiles, times, strict=True))
    logger.info("%s threads: fastest here (%s)", best.device["threads"], described)
    return best


def _measure(bundle: Bundle, backend: Backend, setting: Setting, threads: int) -> Timings:
    chain = StageChain(bundle, backend, setting.precision, setting.size, threads)
    grey = np.full((1, setting.size, setting.size, 3), 128, np.uint8)
    try:
        chain.warm_up(bundle.cuts[-1])
        cumulative = np.array(_repeat(lambda: _cumulative(chain, grey, bundle.cuts[-1])))
    finally:
        chain.close()
    finder = bundle.finders.get((setting.precision, setting.size))
    timings = {"p50_ms": np.median(cumulative, axis=0).tolist(), "p95_ms": np.percentile(cumulative, 95, axis=0).tolist()}
    return {**timings, "finder_ms": [] if finder is None else _measure_finder(bundle, backend, finder, grey, setting, threads)}


def _cumulative(chain: StageChain, grey: Any, cut: int) -> list[float]:
    return np.cumsum(chain.run(grey, cut).stage_ms).tolist()  # type: ignore[no-any-return]


def _measure_finder(bundle: Bundle, backend: Backend, path: Path, grey: Any, setting: Setting, threads: int) -> list[float]:
    dimensions = None
    if isinstance(bundle.finder, CentresAndBoxes):
        rows, stride = round(bundle.finder.picture_scale * setting.size) * 3 // 4, bundle.finder.stride
        height, width = (max(1, extent // stride) * stride for extent in (rows, rows * 4 // 3))
        grey, dimensions = np.full((1, height, width, 3), 128, np.uint8), {"height": height, "width": width}
    session = backend.open(path, threads, setting.precision, dimensions)
    try:
        session.run({"image": grey})
        return np.percentile(_repeat(lambda: _elapsed_ms(lambda: session.run({"image": grey}))), [50, 95]).tolist()  # type: ignore[no-any-return]
    finally:
        session.close()


def _repeat(measure: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []
    end = time.perf_counter() + _SECONDS
    while len(results) < _FEWEST_RUNS or (time.perf_counter() < end and len(results) < _MOST_RUNS):
        results.append(measure())
    return results


def _elapsed_ms(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def _errors(bundle: Bundle, settings: Iterable[Setting]) -> dict[tuple[str, int, int], float]:
    """Each operating point's error on one scale: PA-MPJPE, else 1 − PCK. If some state neither, one that falls with MACs."""
    keys = [(setting.precision, setting.size, cut) for setting in settings for cut in bundle.cuts]
    stated = {key: bundle.accuracy(*key) for key in keys}
    if all("pa_mpjpe_mm" in accuracy for accuracy in stated.values()):
        return {key: accuracy["pa_mpjpe_mm"] for key, accuracy in stated.items()}
    if all("pck" in accuracy for accuracy in stated.values()):
        return {key: 1 - accuracy["pck"] for key, accuracy in stated.items()}
    return {key: 1e9 / bundle.macs(key[1], key[2]) for key in keys}


def _checked(entry: Any, cuts: int) -> Timings:
    timings = {name: [float(value) for value in entry[name]] for name in ("p50_ms", "p95_ms", "finder_ms")}
    complete = all(len(timings[name]) == cuts for name in ("p50_ms", "p95_ms"))
    if not complete or not all(0 < value < 1e6 for values in timings.values() for value in values):
        raise ValueError("values that are no timings")
    return timings
