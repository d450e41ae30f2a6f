"""Error against speed, as Fig. 6b of the paper draws it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sspnet_sdk.bundle import Bundle
from sspnet_sdk.errors import OptionError, SSPNetError
from sspnet_sdk.files.staging import refuse_unwritable, staged
from sspnet_sdk.frame_rate.rate import OperatingPoint, pareto_front
from sspnet_sdk.measuring.peers import Peer

_MEASURES = (("pa_mpjpe_mm", "PA-MPJPE, mm (lower is better)"), ("pck", "1 − PCK@0.2 (lower is better)"))
_SUFFIXES = (".png", ".svg", ".pdf")


def check_plot(path: Path, bundle: Bundle) -> str:
    """The measure that can be drawn: `pa_mpjpe_mm`, or `pck`.

    Raises:
        OptionError: the bundle states no accuracy, or the path is no picture's.
        SSPNetError: matplotlib is missing, or nothing can be written to the path.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise OptionError(f"{path} is not a name for a plot: use {', '.join(_SUFFIXES)}")
    refuse_unwritable(path)
    for measure, _ in _MEASURES:
        if all(measure in bundle.accuracy(p, s, c) for p in bundle.precisions for s in bundle.sizes for c in bundle.cuts):
            try:
                import matplotlib  # noqa: F401
            except ImportError as error:
                raise SSPNetError(f'drawing needs matplotlib: pip install "sspnet-sdk[plot]" ({error})') from None
            return measure
    raise OptionError(f"the bundle {bundle.name!r} states no accuracy, so there is nothing to draw its speed against")


def plot_error_against_speed(points: Sequence[OperatingPoint], bundle: Bundle, path: Path, peers: Sequence[Peer] = ()) -> None:
    """One line per backend, precision and input size, a marker per cut; what no other point beats is ringed, peers are squares.

    Raises:
        As `check_plot`; SSPNetError too if the file cannot be written.
    """
    measure = check_plot(path, bundle)
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 5), dpi=120)
    for group in sorted({(point.backend, point.precision, point.input_size) for point in points}):
        line = sorted((p for p in points if (p.backend, p.precision, p.input_size) == group), key=lambda p: p.cut)
        fps = [1000 / point.p50_ms for point in line]
        axes.plot(fps, [point.error for point in line], marker="o", markersize=4, label="{} {} {} px".format(*group))
        for x, point in zip(fps, line, strict=True):
            axes.annotate(str(point.cut), (x, point.error), textcoords="offset points", xytext=(4, 4), fontsize=8)
    front = pareto_front(points)
    fastest, errors = [1000 / point.p50_ms for point in front], [point.error for point in front]
    axes.scatter(fastest, errors, s=90, facecolors="none", edgecolors="black", linewidths=0.8, label="best for its speed")
    _mark(axes, peers, measure)
    axes.set(xscale="log", xlabel="frames per second (network, one crop)", ylabel=dict(_MEASURES)[measure])
    axes.set_title(f"{bundle.name}: numbers at the markers are cuts")
    for axis_formatter in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        axis_formatter("{x:g}")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
    figure.tight_layout()
    try:
        with staged(path) as part:
            figure.savefig(part)
    finally:
        pyplot.close(figure)


def _mark(axes: Any, peers: Sequence[Peer], measure: str) -> None:
    for peer in peers:
        error = peer.error(measure)
        if error is not None:
            axes.plot(peer.fps, error, marker="s", color="grey", linestyle="none")
            axes.annotate(peer.name, (peer.fps, error), textcoords="offset points", xytext=(6, -3), fontsize=8)
