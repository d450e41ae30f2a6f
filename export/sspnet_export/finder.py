"""The finder of a bundle: one fully convolutional graph for pictures of every shape, checked against PyTorch."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from sspnet_train.errors import CheckpointError
from sspnet_train.network.macs import counted
from sspnet_train.network.multipose import CELL, STRIDE, MultiPose, load_finder
from sspnet_train.network.network_input import network_input
from torch import Tensor, nn

from sspnet_export.engines import runtimes
from sspnet_export.errors import ExportError
from sspnet_export.fold import fold_batch_norm, folded_conv
from sspnet_export.graphs import Graph, extract
from sspnet_export.half import to_half
from sspnet_export.manifest import Notes
from sspnet_export.thresholds import CENTRES_AND_BOXES
from sspnet_export.trace import trace_pictures
from sspnet_export.verify import TOLERANCE, check_model, compared, noise_and_figure
from sspnet_export.weights import WeightFile, factors_of
from sspnet_sdk.bundle import Bundle

OUTPUTS = ["centre", "box"]
FILES = {"fp32": "finder.onnx", "fp16": "finder_fp16.onnx"}
CHECKED = ((192, 256), (320, 224))  # height, width


class FinderGraph(nn.Module):
    """image (N, H, W, 3) uint8 RGB, sides multiples of 32 -> `MultiPose`'s maps, batch norm folded."""

    def __init__(self, network: MultiPose):
        super().__init__()
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        fold_batch_norm(self.network)
        stem = self.network.stem
        stem.conv = folded_conv(stem).of_scaled_input(127.5)  # type: ignore[assignment]

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        return dict(zip(OUTPUTS, self.network(image.permute(0, 3, 1, 2).float() - 127.5), strict=True))


def open_finder(path: Path) -> tuple[MultiPose, dict[str, str]]:
    """A finder's network and notes.

    Raises:
        ExportError: the file is no finder.
    """
    try:
        return load_finder(path)
    except CheckpointError as error:
        raise ExportError(str(error)) from None


class FinderPart:
    """A `Part`: everybody in a picture. One graph serves all input sizes; int8 finds people in fp32.

    Args:
        network: the finder, and the notes of its file.
        precisions: of the bundle.
    """

    def __init__(self, network: MultiPose, notes: Mapping[str, str], precisions: Sequence[str]) -> None:
        self._network, self._notes = network, Notes.read(notes)
        self._files = {name: FILES["fp16" if name == "fp16" else "fp32"] for name in precisions}

    def write(self, folder: Path, weights: WeightFile) -> None:
        ready = FinderGraph(self._network)
        traced = trace_pictures(ready, OUTPUTS, STRIDE, CELL)
        for file in sorted(set(self._files.values())):
            whole = to_half(traced) if file == FILES["fp16"] else onnx.ModelProto.FromString(traced.SerializeToString())
            model = Graph("finder", extract(whole, ["image"], OUTPUTS)).model
            weights.take_over(model, factors_of(ready))
            (folder / file).write_bytes(model.SerializeToString(deterministic=True))

    def describe(self, document: dict[str, Any]) -> None:
        for precision, file in self._files.items():
            for graphs in document["graphs"][precision].values():
                graphs["finder"] = file
        pixels = {size: 0.75 * (CENTRES_AND_BOXES["picture_scale"] * size) ** 2 for size in document["sizes"]}
        macs = {str(size): round(macs_per_pixel(self._network) * count) for size, count in pixels.items()}
        document["finder"] = {**CENTRES_AND_BOXES, "macs": macs}
        document["training_data"] = [*document["training_data"], *self._notes.training_data]

    def verify(self, bundle: Bundle) -> Iterator[str]:
        """Compare the fp32 graph with PyTorch in pictures of several shapes. Boxes are in shares of the picture."""
        for file in sorted(set(self._files.values())):
            check_model(bundle.folder / file)
        for runtime, open_graph in runtimes().items():
            run = open_graph(bundle.folder / FILES["fp32"])
            for height, width in CHECKED:
                images = np.ascontiguousarray(noise_and_figure(max(height, width))[:1, :height, :width])
                found = run({"image": images})
                with torch.no_grad():
                    expected = [values.numpy() for values in self._network(network_input(images))]
                cells = max(height, width) // CELL
                answers = {"centre": found["centre"], "box": found["box"] / cells}
                known = {"centre": expected[0], "box": expected[1] / cells}
                yield from compared(width, runtime, "finder", answers, known, TOLERANCE)


def macs_per_pixel(network: MultiPose) -> float:
    """Multiply-accumulates of the convolutions for each pixel of a picture."""
    picture = torch.zeros(1, 3, 4 * STRIDE, 4 * STRIDE)
    return counted(network, lambda: network(picture))[1] / (4 * STRIDE) ** 2
