"""What `peers.py` found, as a Markdown table and as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_PIPELINES = {"BlazePose": "MediaPipe"}


def table(accuracy: dict[str, Any], speed: dict[str, Any]) -> str:
    """One row per network; accuracy where it was measured."""
    engines = sorted({engine for times in speed["network"].values() for engine in times})
    heads = ["network", *engines, "1080p frame to joints", "PCK@0.2 photographs", "PA-MPJPE rendered"]
    rows = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for name, times in speed["network"].items():
        scores = accuracy.get(name, {})
        cells = [_or_dash(times.get(engine), "{:.1f} ms") for engine in engines]
        cells.append(_or_dash(speed["end to end"].get(_pipeline(name), {}).get("pipeline"), "{:.1f} ms"))
        cells += [_or_dash(scores.get("pck"), "{:.3f}"), _or_dash(scores.get("pa_mpjpe_mm"), "{:.0f} mm")]
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _or_dash(value: float | None, text: str) -> str:
    return "–" if value is None else text.format(value)


def csv_of_peers(accuracy: dict[str, Any], speed: dict[str, Any]) -> str:
    """What `sspnet-sdk bench --plot … --peers` marks: all but ours."""
    rows = ["name,fps,pck,pa_mpjpe_mm"]
    for name, scores in accuracy.items():
        engines = speed["network"].get(name, {})
        if engines and not name.startswith("ours"):
            error = "" if scores["pa_mpjpe_mm"] is None else f"{scores['pa_mpjpe_mm']:.1f}"
            rows.append(f"{name},{_fps(engines):.1f},{scores['pck']:.3f},{error}")
    return "\n".join(rows) + "\n"


def draw(accuracy: dict[str, Any], speed: dict[str, Any], path: Path) -> None:
    """Error against frames per second of the network alone in fp32, after the paper's Fig. 6b, peers marked."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(11, 4.5), dpi=110)
    for axes, measure in zip(panels, ("pck", "pa_mpjpe_mm"), strict=True):
        for family, marker in {"ours 128": "o", "ours 192": "o", "ours 256": "o", "BlazePose": "s", "MoveNet": "^"}.items():
            points = [
                (_fps(speed["network"][name]), _error(scores[measure], measure), name)
                for name, scores in accuracy.items()
                if name.startswith(family) and scores[measure] is not None
            ]
            if points:
                label, style = (f"{family} px", "-") if family.startswith("ours") else (family, ":")
                axes.plot([point[0] for point in points], [point[1] for point in points], style, marker=marker, label=label)
            for fps, error, name in points:
                axes.annotate(name.split()[-1], (fps, error), textcoords="offset points", xytext=(4, 4), fontsize=8)
        axes.set(xscale="log", xlabel="frames per second (network in fp32, one crop)")
        axes.set_ylabel("1 − PCK@0.2, photographs" if measure == "pck" else "PA-MPJPE, rendered people, mm")
        for format_axis in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
            format_axis("{x:g}")
        axes.tick_params(axis="x", which="both", labelsize=7)
        axes.grid(alpha=0.3, which="both")
        axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)


def _fps(times: dict[str, float]) -> float:
    """Of the faster engine in fp32, in which accuracy was measured."""
    return 1000 / min(time for engine, time in times.items() if engine.endswith("fp32"))


def _error(score: float, measure: str) -> float:
    return 1 - score if measure == "pck" else score


def _pipeline(name: str) -> str:
    family, _, variant = name.partition(" ")
    return f"{_PIPELINES.get(family, family)} {variant}"
