"""fp16 for GPUs and NPUs. Feature maps are in half precision, everything from heatmaps on in float. Weights are those of fp32."""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from sspnet_export.trace import touches_coordinates

WITH_HALF_INPUTS = {"Relu", "Clip", "MaxPool", "Resize", "Add", "Concat"}
READS_FLOAT = {"Resize": {1, 2, 3}}  # region of interest, scales, sizes


def to_half(traced: onnx.ModelProto) -> onnx.ModelProto:
    """A traced graph whose convolutions, and what lies between them, compute in fp16.

    Features that stages hand on are fp16, answers are float32. Initialisers stay as they are and are cast where they are read, so
    all precisions share one copy of them.
    """
    graph = onnx.ModelProto.FromString(traced.SerializeToString()).graph
    constants = {tensor.name for tensor in graph.initializer}
    halves: set[str] = set()
    for node in graph.node:
        if runs_in_half(node, constants, halves):
            halves.update(node.output)
    nodes: list[onnx.NodeProto] = []
    casts: dict[tuple[str, int], str] = {}

    def cast(name: str, to: int) -> str:
        if (name, to) not in casts:
            casts[name, to] = f"{name}.{'fp16' if to == TensorProto.FLOAT16 else 'fp32'}"
            nodes.append(helper.make_node("Cast", [name], [casts[name, to]], to=to))
        return casts[name, to]

    for node in graph.node:
        half = node.output[0] in halves
        for index, name in enumerate(node.input):
            if half and name and name not in halves and index not in READS_FLOAT.get(node.op_type, ()):
                node.input[index] = cast(name, TensorProto.FLOAT16)
            elif not half and name in halves:
                node.input[index] = cast(name, TensorProto.FLOAT)
        nodes.append(node)
    for value in graph.output:
        if value.name in halves:
            value.type.tensor_type.elem_type = TensorProto.FLOAT16
    made = helper.make_graph(nodes, graph.name, list(graph.input), list(graph.output), list(graph.initializer))
    return helper.make_model(made)


def runs_in_half(node: onnx.NodeProto, constants: set[str], halves: set[str]) -> bool:
    if node.op_type == "Conv":
        return not touches_coordinates(node)
    if node.op_type not in WITH_HALF_INPUTS:
        return False
    return all(name in halves for name in node.input if name and name not in constants)
