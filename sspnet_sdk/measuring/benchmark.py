"""Measure every operating point that a bundle and this device offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TypeVar

from sspnet_sdk.backends.choice import engines
from sspnet_sdk.bundle import ENGINE_PRECISIONS, Bundle
from sspnet_sdk.device import default_threads
from sspnet_sdk.errors import OptionError
from sspnet_sdk.frame_rate.profile import Profile, Setting, settings_of
from sspnet_sdk.frame_rate.rate import OperatingPoint


@dataclass(frozen=True)
class FinderTime:
    """What one run of the finder takes: for people in a whole picture, at one of the bundle's sizes."""

    backend: str
    precision: str
    input_size: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Measured:
    """Every operating point, and the finders where the bundle has some."""

    points: list[OperatingPoint]
    finders: list[FinderTime]


def measure(
    bundle: Bundle,
    *,
    backends: Sequence[str] = (),
    sizes: Sequence[int] = (),
    cuts: Sequence[int] = (),
    precisions: Sequence[str] = (),
    threads: int | None = None,
    repeat: int = 1,
    progress: Callable[[str], None] = lambda setting: None,
) -> Measured:
    """Latency of the network for one crop at every combination, and of the finder. An empty list of names means all there are.

    Args:
        bundle: an opened bundle.
        backends: engines, as "onnxruntime" or "onnxruntime:cuda".
        sizes: sides of the input, pixels.
        cuts: of the bundle.
        precisions: of the bundle or of the engines.
        threads: of the engine.
        repeat: measure so many times, interleaved, and take the median of the medians and of the p95s, so that a busy moment
            counts less.
        progress: called with the name of each setting before it is measured.

    Raises:
        OptionError: the bundle lacks a size, cut or precision.
        BackendError: a backend is not installed or failed.
    """
    all_sizes = _chosen(sizes, bundle.sizes, "input size")
    offered = (*bundle.precisions, *(ENGINE_PRECISIONS if precisions else bundle.engine_precisions))
    wanted_precisions = _chosen(precisions, tuple(dict.fromkeys(offered)), "precision")
    settings = settings_of(bundle, backends or engines("auto", "auto"), wanted_precisions, all_sizes)
    wanted = _chosen(cuts, bundle.cuts, "cut")
    rounds, searches = [], []
    for number in range(1, repeat + 1):
        profile = Profile(bundle, threads or default_threads(), refresh=True)
        suffix = f" ({number}/{repeat})" if repeat > 1 else ""
        profile.measure(settings, lambda setting, suffix=suffix: progress(f"{setting}{suffix}"))  # type: ignore[misc]
        rounds.append(profile.points(settings, wanted))
        searches.append(_finders(profile, settings))
    points, finders = ([_median(same) for same in zip(*each, strict=True)] for each in (rounds, searches))
    return Measured(points, finders)


def _finders(profile: Profile, settings: Iterable[Setting]) -> list[FinderTime]:
    timed = [(setting, profile.finder_times(setting)) for setting in settings]
    return [FinderTime(one.backend, one.precision, one.size, *times) for one, times in timed if times is not None]


_Timed = TypeVar("_Timed", OperatingPoint, FinderTime)


def _median(points: Iterable[_Timed]) -> _Timed:
    same = list(points)
    return replace(same[0], p50_ms=median(point.p50_ms for point in same), p95_ms=median(point.p95_ms for point in same))


def _chosen(wanted: Sequence, offered: Sequence, what: str) -> Sequence:
    for name in wanted:
        if name not in offered:
            raise OptionError(f"there is no {what} {name} here: choose from {', '.join(map(str, offered))}")
    return wanted or offered
