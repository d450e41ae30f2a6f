"""What a lower precision costs: its answers beside those of fp32, on pictures that it was not calibrated on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .calibration import as_batch, held_out_part
from .errors import ExportError
from .verify import check_model, graph_files, open_onnxruntime, run_all, test_images

LARGEST_SHIFT = {"fp16": 0.005, "int8": 0.05}
DEPTH_RANGE_MM = 2000.0


@dataclass(frozen=True)
class Deviation:
    """Means over joints and pictures: keypoints in shares of the crop's side, depth in mm."""

    precision: str
    size: int
    cut: int
    keypoints: float
    depth_mm: float

    def __str__(self) -> str:
        moved = f"keypoints move by {self.keypoints:.4f} of the crop, depth by {self.depth_mm:.1f} mm on average"
        return f"{self.precision} {self.size} px cut {self.cut}: {moved}"


def deviations(folder: Path, manifest: Mapping[str, Any], crops: list[NDArray[np.uint8]]) -> Iterator[Deviation]:
    """Measure every other precision of the bundle in `folder` against its fp32, in ONNX Runtime.

    Raises ExportError where a graph is malformed or its keypoints move by more than the precision may cost.
    """
    for precision in manifest["precisions"]:
        if precision != "fp32":
            for size, graphs in manifest["graphs"][precision].items():
                images = as_batch(held_out_part(crops), int(size)) if crops else test_images(int(size))
                for file in graph_files(graphs):
                    check_model(folder / file)
                exact = chain(folder, manifest["graphs"]["fp32"][size], images)
                rough = chain(folder, graphs, images)
                for entry in manifest["cuts"]:
                    cut = entry["cut"]
                    deviation = compare(precision, int(size), cut, rough[f"pose_{cut}"], exact[f"pose_{cut}"])
                    yield deviation
                    if not deviation.keypoints <= LARGEST_SHIFT[precision]:
                        raise ExportError(f"more than {precision} may cost ({LARGEST_SHIFT[precision]} of the crop): {deviation}")


def chain(folder: Path, graphs: Mapping[str, Any], images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """The poses of the chain of stages."""
    return dict(run_all(folder, graphs, images, open_onnxruntime))["stages"]


def compare(precision: str, size: int, cut: int, rough: NDArray[np.float32], exact: NDArray[np.float32]) -> Deviation:
    shift = np.linalg.norm(rough[..., :2] - exact[..., :2], axis=-1).mean()
    depth = np.abs(rough[..., 2] - exact[..., 2]).mean() * DEPTH_RANGE_MM
    return Deviation(precision, size, cut, float(shift), float(depth))
