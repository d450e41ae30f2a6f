"""What a lower precision costs: its answers beside those of fp32, on pictures that it was not calibrated on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sspnet_train.data.crop import DEPTH_RANGE_MM

from sspnet_export.calibration import as_batch, held_out_part
from sspnet_export.engines import chain_poses
from sspnet_export.errors import ExportError
from sspnet_export.network import whole_graph
from sspnet_export.verify import check_model, noise_and_figure
from sspnet_sdk.bundle import Bundle

LARGEST_SHIFT = {"fp16": 0.005, "int8": 0.05}


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


def deviations(bundle: Bundle, crops: list[NDArray[np.uint8]]) -> Iterator[Deviation]:
    """Measure every other precision of a bundle against its fp32, in the runtime's chain on ONNX Runtime.

    Raises:
        ExportError: a graph is malformed, or its keypoints move by more than the precision may cost.
    """
    others = [precision for precision in bundle.precisions if precision != "fp32"]
    for precision, size in [(precision, size) for precision in others for size in bundle.sizes]:
        images = as_batch(held_out_part(crops), size) if crops else noise_and_figure(size)
        for path in (whole_graph(bundle, precision, size), *(stage.path for stage in bundle.stages[precision, size])):
            check_model(path)
        exact, rough = (chain_poses(bundle, "onnxruntime", each, size, images) for each in ("fp32", precision))
        for cut in bundle.cuts:
            deviation = compare(precision, size, cut, rough[f"pose_{cut}"], exact[f"pose_{cut}"])
            yield deviation
            if not deviation.keypoints <= LARGEST_SHIFT[precision]:
                raise ExportError(f"more than {precision} may cost ({LARGEST_SHIFT[precision]} of the crop): {deviation}")


def compare(precision: str, size: int, cut: int, rough: NDArray[np.float32], exact: NDArray[np.float32]) -> Deviation:
    shift = np.linalg.norm(rough[..., :2] - exact[..., :2], axis=-1).mean()
    depth = np.abs(rough[..., 2] - exact[..., 2]).mean() * DEPTH_RANGE_MM
    return Deviation(precision, size, cut, float(shift), float(depth))
