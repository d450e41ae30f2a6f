"""One ONNX graph of everything that a network can answer at one size. The bundle's graphs are cut out of it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.export import Dim

from sspnet_export.inference import InferenceNetwork
from sspnet_export.silenced import silenced

BATCH = 7  # of the example: no other extent of a network is 7
OPSET = 20
# Convolutions that give heatmaps or coordinates, by parts of their weights' names.
COORDINATES = (
    ".head.read.",
    ".guide.",
    "people_",
    ".offset.",
    "heatmaps.3.",
    "regression.3.",
    "centre.3.",
    "box_offset.3.",
    "box_scale.3.",
    ".previous.",
    ".previous_again.",
)
IR_VERSION = 10  # what ONNX Runtime 1.18 reads


def trace(network: InferenceNetwork) -> onnx.ModelProto:
    """The graph of a network. Every tensor that it names is an output. The batch is symbolic, height and width are fixed."""
    examples = {"image": torch.zeros(BATCH, network.size, network.size, 3, dtype=torch.uint8)}
    if network.previous is not None:
        examples["previous"] = torch.zeros(BATCH, network.config.joints, 4)
    with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True) as shapes:  # nothing is computed there
        names = list(network(*(shapes.from_tensor(example) for example in examples.values())))
    return export_onnx(network, examples, names)


def trace_module(module: nn.Module, examples: dict[str, Tensor]) -> onnx.ModelProto:
    """The graph of a module from a dict of named tensors to another."""
    with torch.no_grad():
        names = list(module(*examples.values()))
    return export_onnx(module, examples, names)


def trace_pictures(module: nn.Module, names: list[str], stride: int, cell: int) -> onnx.ModelProto:
    """The graph of a module that takes an `image` of any height and width, multiples of `stride`, to maps of one value per
    `cell`.
    """
    example = torch.zeros(BATCH, 2 * stride, 3 * stride, 3, dtype=torch.uint8)
    extents = {1: stride * Dim("rows", min=2), 2: stride * Dim("columns", min=2)}
    model = export_onnx(module, {"image": example}, names, {"image": extents})
    for value, at in [(value, 1) for value in model.graph.input] + [(value, -2) for value in model.graph.output]:
        dims = value.type.tensor_type.shape.dim
        for dim, name in zip((dims[at], dims[at + 1]), ("height", "width"), strict=True):
            dim.dim_param = name if at == 1 else f"{name}/{cell}"
    return model


def export_onnx(
    module: nn.Module, examples: dict[str, Tensor], names: list[str], dynamic: dict[str, Any] | None = None
) -> onnx.ModelProto:
    # The exporter warns about operators of packages that are not installed, and about its own deprecations.
    with silenced("torch.onnx", "torch.__trace"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module, tuple(examples.values()), dynamo=True, opset_version=OPSET, verbose=False, external_data=False,
            input_names=list(examples), output_names=names, dynamic_shapes=dynamic,
        )  # fmt: skip
    assert program is not None
    model = program.model_proto  # made anew at every access
    free_batch(model.graph)
    return model


def free_batch(graph: onnx.GraphProto) -> None:
    """Make the batch symbolic. Tracing with a symbolic batch gives the same graph and takes twice as long.

    Only reshapes hold the batch, as the first number of their shape; a 0 there means "as it comes".
    """
    reshapes = [node for node in graph.node if node.op_type == "Reshape"]
    shapes = {node.input[1] for node in reshapes}
    for tensor in graph.initializer:
        if tensor.name in shapes:
            shape = numpy_helper.to_array(tensor)
            if shape[0] == BATCH:
                tensor.CopyFrom(numpy_helper.from_array(np.concatenate([[0], shape[1:]]).astype(np.int64), tensor.name))
    for node in reshapes:
        del node.attribute[:]  # allowzero: "0 is an extent of 0"
    del graph.value_info[:]
    for value in [*graph.input, *graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"


def touches_coordinates(conv: onnx.NodeProto) -> bool:
    """Whether a convolution of a traced graph is to stay in float whatever the precision."""
    return any(part in "." + conv.input[1] for part in COORDINATES)
