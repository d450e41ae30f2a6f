"""Measure every operating point that a bundle and this device offer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from statistics import median

from sspnet_sdk.backends.choice import engines
from sspnet_sdk.bundle import ENGINE_PRECISIONS, Bundle
from sspnet_sdk.device import default_threads
from sspnet_sdk.errors import OptionError
from sspnet_sdk.profile import Profile, settings_of
from sspnet_sdk.rate import OperatingPoint


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
) -> list[OperatingPoint]:
    """Latency of the network for one crop at every combination; an empty list of names means all there are.

    Args:
        bundle: an opened bundle.
        backends: engines, as "onnxruntime" or "onnxruntime:cuda".
        repeat: measure so many times, interleaved, and take the median of the medians and of the p95s: a busy moment counts less.
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
    rounds = []
    for number in range(1, repeat + 1):
        profile = Profile(bundle, threads or default_threads(), refresh=True)
        suffix = f" ({number}/{repeat})" if repeat > 1 else ""
        profile.measure(settings, lambda setting, suffix=suffix: progress(f"{setting}{suffix}"))  # type: ignore[misc]
        rounds.append(profile.points(settings, wanted))
    return [_median(same) for same in zip(*rounds, strict=True)]


def _median(points: Iterable[OperatingPoint]) -> OperatingPoint:
    same = list(points)
    return replace(same[0], p50_ms=median(point.p50_ms for point in same), p95_ms=median(point.p95_ms for point in same))


def _chosen(wanted: Sequence, offered: Sequence, what: str) -> Sequence:
    for name in wanted:
        if name not in offered:
            raise OptionError(f"there is no {what} {name} here: choose from {', '.join(map(str, offered))}")
    return wanted or offered
