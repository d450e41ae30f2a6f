"""Small graphs beside the stages: one file each for all sizes and precisions, with weights in the common file."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from sspnet_export.graphs import Graph, extract
from sspnet_export.trace import trace_module
from sspnet_export.weights import WeightFile


def write_module(path: Path, weights: WeightFile, module: nn.Module, examples: dict[str, Tensor], outputs: list[str]) -> None:
    """Write a module that returns named tensors. `examples` holds a batch of `trace.BATCH` for each of its named inputs."""
    model = Graph(path.stem, extract(trace_module(module, examples), list(examples), outputs)).model
    weights.take_over(model, {})
    for index, node in enumerate(model.graph.node):  # ONNX Runtime 1.18 fuses nodes without names to several of one name
        node.name = f"{node.op_type}_{index}"
    path.write_bytes(model.SerializeToString(deterministic=True))
