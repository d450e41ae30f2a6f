"""The accuracy that an evaluation found, checked before an export begins, and cut down to what the bundle has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sspnet_export.errors import ExportOptionError
from sspnet_export.manifest import Accuracy
from sspnet_sdk.bundles.manifest import largest_score


def of_bundle(accuracy: Accuracy, cuts: Sequence[int], sizes: Sequence[int]) -> tuple[Accuracy, list[str]]:
    """What an evaluation found of a bundle's cuts and sizes.

    Args:
        accuracy: cut -> precision -> size -> score -> value.
        cuts: the bundle's.
        sizes: the bundle's, pixels.

    Returns:
        That part of it, and a line for what is left out, and for what nothing is stated of.

    Raises:
        ExportOptionError: it is no such thing, or says nothing of the bundle.
    """
    points: dict[tuple[int, int], dict[str, Any]] = {}
    for cut, precisions in accuracy.items():
        for precision, by_size in _mapping(precisions, f"cut {cut}").items():
            for size, scores in _mapping(by_size, f"cut {cut}, {precision}").items():
                where = f"cut {cut}, {precision}, {size} px"
                if not str(size).isdecimal():
                    raise _wrong(f"cut {cut}, {precision}, {size!r}", "is no size")
                for name, value in _mapping(scores, where).items():
                    _check_score(value, name, where)
                points.setdefault((cut, int(size)), {})[precision] = scores
    kept = {point: found for point, found in points.items() if point[0] in cuts and point[1] in sizes}
    if accuracy and not kept:
        raise ExportOptionError(f"the accuracy given is of {_listed(points)}, of which the bundle has none: leave it out")
    lines = [f"accuracy left out, as the bundle has no {_listed(left)}"] if (left := points.keys() - kept.keys()) else []
    missing = {(cut, size) for cut in cuts for size in sizes} - kept.keys() if kept else ()
    lines += [f"no accuracy stated of {_listed(missing)}"] if missing else []
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for (cut, size), by_precision in kept.items():
        for precision, scores in by_precision.items():
            found.setdefault(cut, {}).setdefault(precision, {})[str(size)] = scores
    return found, lines


def _mapping(value: object, where: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise _wrong(where, f"is {value!r}")
    return value


def _check_score(value: object, name: object, where: str) -> None:
    largest = largest_score(str(name))
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= largest:
        raise _wrong(f"{name} of {where}", f"is {value!r}, not a number from 0 to {largest:g}")


def _wrong(where: str, what: str) -> ExportOptionError:
    return ExportOptionError(f"the accuracy given is not what `sspnet-sdk eval --json` writes: {where} {what}"[:300])


def _listed(points: Any) -> str:
    return "; ".join(f"cut {cut} at {size} px" for cut, size in sorted(points)) or "nothing"
