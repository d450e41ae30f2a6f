"""Small plain pictures of tables. Needs matplotlib, an extra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sspnet_train.data.pictures import write_jpeg
from sspnet_train.errors import TrainingError
from sspnet_train.whole_file import whole_file

SHOWN_JOINTS = {"head": 10, "l-wrist": 13, "r-elbow": 15, "l-knee": 5, "r-ankle": 3}
TILE = 128


def _pyplot() -> Any:
    try:
        import matplotlib
    except ImportError:
        raise TrainingError('pictures need matplotlib: pip install "sspnet-sdk[plot]"') from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def curves(series: Mapping[Any, Sequence[tuple[Any, Any]]], x: str, y: str, path: Path, marks: Sequence[str] = ()) -> None:
    """A line per series; `marks` are written beside the points of the last one."""
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(4.8, 3.2), dpi=100)
    for name, points in series.items():
        axes.plot(*zip(*points, strict=True), marker="o", markersize=4, label=str(name))
    for mark, point in zip(marks, list(series.values())[-1], strict=False):
        axes.annotate(mark, point, textcoords="offset points", xytext=(4, 4), fontsize=8)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    if len(series) > 1:
        axes.legend(fontsize=8)
    _save(figure, path)


def bars_by_map(rows: Sequence[Sequence[Any]], path: Path) -> None:
    """Rows of map side, argmax error, soft-argmax error."""
    pyplot = _pyplot()
    figure, axes = pyplot.subplots(figsize=(4.8, 3.2), dpi=100)
    places = np.arange(len(rows))
    axes.bar(places - 0.2, [row[1] for row in rows], 0.4, label="argmax of true maps")
    axes.bar(places + 0.2, [row[2] for row in rows], 0.4, label="soft-argmax")
    axes.set_xticks(places, [row[0] for row in rows])
    axes.set_xlabel("heatmap, cells")
    axes.set_ylabel("MPJPE, mm")
    axes.legend(fontsize=8)
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    with whole_file(path) as partial:
        figure.savefig(partial)
    _pyplot().close(figure)


def heatmap_sheet(crop: np.ndarray, heatmaps: Mapping[int, np.ndarray], path: Path) -> None:
    """A row per level: the crop under some joints' heatmaps, each scaled to its own peak. Without matplotlib."""
    base = cv2.resize(crop, (TILE, TILE), interpolation=cv2.INTER_AREA)
    rows = []
    for level, maps in heatmaps.items():
        tiles = []
        for name, joint in SHOWN_JOINTS.items():
            heat = cv2.resize(maps[joint] / max(float(maps[joint].max()), 1e-9), (TILE, TILE), interpolation=cv2.INTER_NEAREST)
            colour = cv2.cvtColor(cv2.applyColorMap((255 * heat).astype(np.uint8), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
            tile = cv2.addWeighted(base, 0.45, colour, 0.55, 0)
            cv2.putText(tile, f"level {level} {name}", (3, 11), cv2.FONT_HERSHEY_SIMPLEX, 0.32, (255, 255, 255), 1, cv2.LINE_AA)
            tiles.append(tile)
        rows.append(np.concatenate(tiles, axis=1))
    write_jpeg(path, np.concatenate(rows))
