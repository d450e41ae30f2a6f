"""The finder of a bundle: one fully convolutional graph for pictures of every shape, checked against PyTorch."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from sspnet_train.network.checkpoint import CheckpointError
from sspnet_train.network.multipose import CELL, STRIDE, MultiPose, load_finder
from sspnet_train.network.network_input import network_input
from torch import Tensor, nn

from sspnet_export.errors import ExportError
from sspnet_export.fold import fold_batch_norm, folded_conv
from sspnet_export.graphs import Graph, extract
from sspnet_export.half import to_half
from sspnet_export.trace import trace_pictures
from sspnet_export.verify import TOLERANCE, Difference, check_model, runtimes, test_images
from sspnet_export.weights import WeightFile, factors_of

OUTPUTS = ["centre", "box"]
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
    """A finder's network and notes. Raises ExportError in one line."""
    try:
        return load_finder(path)
    except CheckpointError as error:
        raise ExportError(str(error)) from None


def write_finder(folder: Path, weights: WeightFile, network: MultiPose, precisions: Sequence[str]) -> dict[str, str]:
    """Its graphs, their weights beside those of the others; returns precision -> file. int8 finds people in fp32."""
    ready = FinderGraph(network)
    traced = trace_pictures(ready, OUTPUTS, STRIDE, CELL)
    files = {"fp32": "finder.onnx"} | ({"fp16": "finder_fp16.onnx"} if "fp16" in precisions else {})
    for precision, file in files.items():
        whole = to_half(traced) if precision == "fp16" else onnx.ModelProto.FromString(traced.SerializeToString())
        model = Graph("finder", extract(whole, ["image"], OUTPUTS)).model
        weights.take_over(model, factors_of(ready))
        (folder / file).write_bytes(model.SerializeToString(deterministic=True))
    return {precision: files.get(precision, files["fp32"]) for precision in precisions}


def verify_finder(folder: Path, files: Mapping[str, str], network: MultiPose) -> Iterator[Difference]:
    """The fp32 graph in every engine against PyTorch, in pictures of several shapes; boxes in shares of the picture.

    Raises ExportError where the graph is malformed or differs by more than verification allows.
    """
    check_model(folder / files["fp32"])
    for runtime, open_graph in runtimes().items():
        run = open_graph(folder / files["fp32"])
        for height, width in CHECKED:
            images = np.ascontiguousarray(test_images(max(height, width))[:, :height, :width])
            with torch.no_grad():
                expected = [values.numpy() for values in network(network_input(images))]
            for name, ours, scale in zip(OUTPUTS, expected, (1, max(height, width) // CELL), strict=True):
                largest = float(np.abs(run({"image": images})[name] - ours).max()) / scale
                difference = Difference(width, runtime, "finder", name, largest)
                yield difference
                if not largest <= TOLERANCE:
                    raise ExportError(f"differs from PyTorch by more than {TOLERANCE:.0e}: {difference}")


def finder_macs(network: MultiPose, sizes: Sequence[int]) -> dict[str, int]:
    """Multiply-accumulates of a picture of `size` x ¾ `size` pixels; convolutions only."""
    counted: dict[str, int] = {}

    def count(module: nn.Module, _: Any, output: Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        counted["all"] += module.weight[0].numel() * output[0].numel()

    hooks = [module.register_forward_hook(count) for module in network.modules() if isinstance(module, nn.Conv2d)]
    for size in sizes:
        counted["all"] = 0
        with torch.no_grad():
            network(torch.zeros(1, 3, size * 3 // 4 // STRIDE * STRIDE, size))
        counted[str(size)] = counted["all"]
    for hook in hooks:
        hook.remove()
    del counted["all"]
    return counted
