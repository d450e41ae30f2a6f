"""Measure the operating points on this device once. The result is kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sspnet_sdk.backends import installed, load
from sspnet_sdk.backends.choice import able, runs
from sspnet_sdk.backends.protocol import Backend
from sspnet_sdk.bundle import Bundle
from sspnet_sdk.bundles.thresholds import CentresAndBoxes
from sspnet_sdk.device import describe_device
from sspnet_sdk.frame_rate.rate import OperatingPoint
from sspnet_sdk.frame_rate.turns import Turn
from sspnet_sdk.inference.stages import StageChain
from sspnet_sdk.system.user_cache import cache_folder

logger = logging.getLogger("sspnet_sdk")

_FORMAT = 4
_FINDER_WORK = 2  # of the first stage's, until it is measured
_TAIL = 1.3  # 95th percentile over median, until it is measured
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
"""`p50_ms` and `p95_ms` of each cut, in the bundle's order."""


class Profile:
    """Timings of a bundle on this device. They are measured when asked for the first time, and read from the cache afterwards."""

    def __init__(self, bundle: Bundle, threads: int, refresh: bool = False) -> None:
        self.device: dict[str, Any] = {**describe_device(), "threads": threads}
        self._bundle, self._threads = bundle, threads
        key = {"format": _FORMAT, "device": self.device, "bundle": bundle.digest, "engines": installed()}
        self._key = json.dumps(key, sort_keys=True)
        folder = cache_folder("profiles")
        self._path = None if folder is None else folder / f"{hashlib.sha256(self._key.encode()).hexdigest()[:24]}.json"
        self._timings: dict[str, Timings] = {}
        self._finders: dict[str, tuple[float, float]] = {}
        self._looks: dict[str, float] = {}
        if not refresh:
            self._read()

    @property
    def is_kept(self) -> bool:
        """Whether the timings lie in the user's cache folder."""
        return self._path is not None and self._path.is_file()

    def knows(self, settings: Iterable[Setting]) -> bool:
        """Whether all of some settings are measured."""
        return all(str(setting) in self._timings for setting in settings)

    def measure(self, settings: Iterable[Setting], progress: Callable[[Setting], None] | None = None) -> None:
        """Measure those settings that are not known yet, their finders too; `progress` is called before each."""
        for setting in settings:
            if str(setting) in self._timings:
                continue
            if progress is not None:
                progress(setting)
            chain = StageChain(self._bundle, load(setting.backend), setting.precision, setting.size, self._threads)
            try:
                chain.warm_up(self._bundle.cuts[-1])
                self.measure_chain(setting, chain)
            finally:
                chain.close()
            self.measure_finder(setting)

    def measure_chain(self, setting: Setting, chain: StageChain, turn: Turn = contextlib.nullcontext) -> None:
        """Measure all cuts of a chain that is warmed up, each run within a `turn`."""
        self._timings[str(setting)] = _measure(chain, self._bundle.cuts[-1], turn)
        self._write()

    def measure_finder(self, setting: Setting, turn: Turn = contextlib.nullcontext) -> None:
        """Measure the finder of a setting, if the bundle has one; each run within a `turn`."""
        path = self._bundle.finders.get((setting.precision, setting.size))
        if path is not None:
            with _finder(self._bundle, load(setting.backend), path, setting, self._threads, turn) as run:
                p50, p95 = np.percentile(_repeat(lambda: _elapsed_ms(run), turn), [50, 95])
            self._finders[str(setting)] = float(p50), float(p95)
            self._write()

    def has_seen(self, settings: Iterable[Setting]) -> bool:
        """Whether all of some settings were looked at."""
        return all(str(setting) in self._looks or str(setting) in self._timings for setting in settings)

    def first_ms(self, setting: Setting) -> float:
        """Median time of the first stage in a setting that was looked at (see `compare`)."""
        return self._looks.get(str(setting)) or self._timings[str(setting)]["p50_ms"][0]

    def keep_look(self, setting: Setting, first_ms: float) -> None:
        """Remember what a look gave."""
        self._looks[str(setting)] = first_ms
        self._write()

    def begun_chain(self, setting: Setting, deepest: int = 0) -> StageChain:
        """A chain whose first stage, and all up to the cut `deepest`, are begun to be opened."""
        chain = StageChain(self._bundle, load(setting.backend), setting.precision, setting.size, self._threads)
        chain.open_ahead(deepest)
        return chain

    def points(
        self, settings: Sequence[Setting], cuts: Iterable[int] | None = None, seen: Setting | None = None
    ) -> list[OperatingPoint]:
        """The operating points of some settings of one engine: as measured, else as estimated.

        Args:
            settings: whose points to give.
            cuts: to give; None for all.
            seen: what was looked at (see `compare`), to estimate by. None where all settings are measured.
        """
        errors = _errors(self._bundle, settings)
        wanted = set(self._bundle.cuts if cuts is None else cuts)
        points = []
        for setting in settings:
            timings = self._timings.get(str(setting)) or self._estimated(setting, settings, seen)
            for cut, p50, p95 in zip(self._bundle.cuts, timings["p50_ms"], timings["p95_ms"], strict=True):
                if cut in wanted:
                    error = errors[setting.precision, setting.size, cut]
                    points.append(OperatingPoint(cut, setting.size, setting.precision, setting.backend, p50, p95, error))
        return points

    def _estimated(self, setting: Setting, settings: Sequence[Setting], seen: Setting | None) -> Timings:
        """By the nearest size that is measured in this precision: as these two sizes compare where both are measured in another
        precision, else by their work. Where nothing is, by the look and all work."""
        macs, cuts = self._bundle.macs, self._bundle.cuts
        measured = {(one.precision, one.size): self._timings[str(one)] for one in settings if self.knows([one])}
        sizes = [size for precision, size in measured if precision == setting.precision]
        if not sizes:
            assert seen is not None
            ms = self.first_ms(seen) / macs(seen.size, cuts[0])
            p50s = [ms * macs(setting.size, cut) for cut in cuts]
            return {"p50_ms": p50s, "p95_ms": [_TAIL * p50 for p50 in p50s]}
        near = min(sizes, key=lambda size: abs(size - setting.size))
        ratios = [macs(setting.size, cut) / macs(near, cut) for cut in cuts]
        for precision, size in measured:
            if size == setting.size and (precision, near) in measured:
                pairs = zip(measured[precision, size]["p50_ms"], measured[precision, near]["p50_ms"], strict=True)
                ratios = [here / there for here, there in pairs]
        return {name: [ms * r for ms, r in zip(v, ratios, strict=True)] for name, v in measured[setting.precision, near].items()}

    def finder_ms(self, setting: Setting, seen: Setting) -> float:
        """Median time of the finder; where it is not measured, a guess from the work of a setting that was looked at."""
        measured, first = self.finder_times(setting), self._bundle.cuts[0]
        if measured is not None:
            return measured[0]
        return self.first_ms(seen) * _FINDER_WORK * self._bundle.macs(setting.size, first) / self._bundle.macs(seen.size, first)

    def finder_times(self, setting: Setting) -> tuple[float, float] | None:
        """Median and 95th percentile of a finder that was measured."""
        return self._finders.get(str(setting))

    def _read(self) -> None:
        if self._path is None:
            return
        try:
            kept = json.loads(self._path.read_text())
            if kept["key"] != self._key:
                return
            timings = {name: _checked(entry, len(self._bundle.cuts)) for name, entry in kept["timings"].items()}
            finders = {name: (_milliseconds(p50), _milliseconds(p95)) for name, (p50, p95) in kept["finders"].items()}
            looks = {name: _milliseconds(value) for name, value in kept["looks"].items()}
            self._timings, self._finders, self._looks = timings, finders, looks
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            logger.info("measuring anew: the kept profile %s cannot be used (%s)", self._path, error)

    def _write(self) -> None:
        if self._path is None:
            return
        known = {"key": self._key, "timings": self._timings, "finders": self._finders, "looks": self._looks}
        content = json.dumps(known, indent=1)
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


def _measure(chain: StageChain, cut: int, turn: Turn) -> Timings:
    cumulative = np.cumsum(_repeat(lambda: chain.run_grey(cut), turn), axis=1)
    return {"p50_ms": np.median(cumulative, axis=0).tolist(), "p95_ms": np.percentile(cumulative, 95, axis=0).tolist()}


@contextlib.contextmanager
def _finder(
    bundle: Bundle, backend: Backend, path: Path, setting: Setting, threads: int, turn: Turn
) -> Iterator[Callable[[], object]]:
    """A finder that has run once, as a function that runs it again."""
    rows = columns = setting.size
    dimensions = None
    if isinstance(bundle.finder, CentresAndBoxes):
        down, stride = round(bundle.finder.picture_scale * setting.size) * 3 // 4, bundle.finder.stride
        rows, columns = (max(1, extent // stride) * stride for extent in (down, down * 4 // 3))
        dimensions = {"height": rows, "width": columns}
    grey = np.full((1, rows, columns, 3), 128, np.uint8)
    session = backend.open(path, threads, setting.precision, dimensions)
    try:
        with turn():
            session.run({"image": grey})
        yield lambda: session.run({"image": grey})
    finally:
        session.close()


def _repeat(measure: Callable[[], Any], turn: Turn) -> list[Any]:
    results: list[Any] = []
    end = time.perf_counter() + _SECONDS
    while len(results) < _FEWEST_RUNS or (time.perf_counter() < end and len(results) < _MOST_RUNS):
        with turn():
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
    timings = {name: [float(value) for value in entry[name]] for name in ("p50_ms", "p95_ms")}
    complete = all(len(values) == cuts for values in timings.values())
    for value in [value for values in timings.values() for value in values]:
        _milliseconds(value)
    if not complete:
        raise ValueError("values that are no timings")
    return timings


def _milliseconds(value: Any) -> float:
    if not 0 < float(value) < 1e6:
        raise ValueError("values that are no timings")
    return float(value)
