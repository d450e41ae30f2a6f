"""The bundle's graphs, all cut out of one: the multi-head graph, the chain of stages, the finder.

A stage takes over the very tensors that the stages before it computed, so the chain does the same arithmetic as the whole graph.
The last bit may differ where a runtime fuses an addition into a convolution in one and not in the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import onnx
from onnx import helper

from sspnet_export.inference import FINDER_OUTPUTS, ROOT_FEATURES
from sspnet_export.trace import IR_VERSION, OPSET

FINE = "fine"
"""The features at stride 4 that later stages look at."""


@dataclass(frozen=True)
class Graph:
    """A graph of the bundle.

    Attributes:
        name: full, stage_<cut> or finder.
        model: the graph.
        cut: of a stage.
    """

    name: str
    model: onnx.ModelProto
    cut: int | None = None

    @property
    def inputs(self) -> list[str]:
        return inputs_of(self.model)

    @property
    def outputs(self) -> list[str]:
        return [value.name for value in self.model.graph.output]


def cut_out_whole(traced: onnx.ModelProto, cuts: tuple[int, ...]) -> Graph:
    """All cuts of one size."""
    return Graph("full", extract(traced, inputs_of(traced), [f"pose_{cut}" for cut in cuts]))


def inputs_of(model: onnx.ModelProto) -> list[str]:
    return [value.name for value in model.graph.input]


def cut_out_finder(traced: onnx.ModelProto) -> Graph:
    return Graph("finder", extract(traced, ["image"], list(FINDER_OUTPUTS)))


def cut_out_stages(traced: onnx.ModelProto, cuts: tuple[int, ...]) -> list[Graph]:
    """The chain. A stage gives its pose, and what some later stage takes. The first also gives what the root's depth needs."""
    handed = boundaries(traced, cuts)
    taken, known = [], inputs_of(traced)
    for cut, tensors in zip(cuts, handed, strict=True):
        taken.append(reached(traced, [f"pose_{cut}", *tensors], known))
        known = known + [name for name in tensors if name not in known]
    stages = []
    for index, cut in enumerate(cuts):
        later = {name for inputs in taken[index + 1 :] for name in inputs}
        gives = [f"pose_{cut}"] + [name for name in handed[index] if name in later and name != f"pose_{cut}"]
        gives = [name for name in gives if name not in taken[index]]
        gives += [value.name for value in traced.graph.output if value.name == ROOT_FEATURES and index == 0]
        stages.append(Graph(f"stage_{cut}", extract(traced, taken[index], gives), cut))
    for stage in stages:
        hand_over_channels_last(stage.model.graph, FINE)
    return stages


def hand_over_channels_last(graph: onnx.GraphProto, name: str) -> None:
    """Make (N, H, W, channels) of feature maps that come in or go out, in place.

    OpenVINO keeps maps so, and reorders large maps of few channels slowly. Where it adds to a convolution's answer, as in all
    other features, it does not see through a transpose.
    """
    values = [value for value in [*graph.input, *graph.output] if value.name == name]
    if not values:
        return
    maps, nodes = f"{name}.maps", list(graph.node)
    for node in nodes:
        node.input[:] = [maps if each == name else each for each in node.input]
        node.output[:] = [maps if each == name else each for each in node.output]
    if values[0] in graph.input:
        nodes.insert(0, helper.make_node("Transpose", [name], [maps], perm=[0, 3, 1, 2]))
    else:
        nodes.append(helper.make_node("Transpose", [maps], [name], perm=[0, 2, 3, 1]))
    del graph.node[:]
    graph.node.extend(nodes)
    _, channels, height, width = values[0].type.tensor_type.shape.dim
    channels.dim_value, height.dim_value, width.dim_value = height.dim_value, width.dim_value, channels.dim_value


def boundaries(traced: onnx.ModelProto, cuts: tuple[int, ...]) -> list[list[str]]:
    """For each cut, the tensors that are first known behind it: its pose and features. `fine` belongs to the first."""
    groups: list[list[str]] = [[] for _ in cuts]
    for value in traced.graph.output:
        _, _, rest = value.name.partition("_")
        if value.name in (*FINDER_OUTPUTS, ROOT_FEATURES):
            continue
        pyramid = int(rest.split("_")[0]) if rest else 0
        groups[next(index for index, cut in enumerate(cuts) if pyramid <= cut)].append(value.name)
    return groups


def reached(traced: onnx.ModelProto, outputs: list[str], known: list[str]) -> list[str]:
    """The tensors among `known` that a graph from `known` to `outputs` reads, in the order of `known`."""
    _, read = needed_nodes(traced.graph, outputs, set(known))
    return [name for name in known if name in read]


def needed_nodes(graph: onnx.GraphProto, outputs: list[str], stop: set[str]) -> tuple[list[onnx.NodeProto], set[str]]:
    """Nodes on the way back from `outputs` until `stop`, in the graph's order, and every name that they read."""
    wanted, nodes, read = set(outputs) - stop, [], set(outputs)
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            nodes.append(node)
            names = [name for name in node.input if name]
            read.update(names)
            wanted.update(name for name in names if name not in stop)
    return nodes[::-1], read


def extract(traced: onnx.ModelProto, inputs: list[str], outputs: list[str]) -> onnx.ModelProto:
    """The part of `traced` between `inputs` and `outputs`, without names and notes that only a debugger reads."""
    graph = traced.graph
    nodes, read = needed_nodes(graph, outputs, set(inputs))
    values = {value.name: value for value in [*graph.input, *graph.output]}
    part = helper.make_graph(
        [bare(node) for node in nodes], "sspnet",
        [plain(values[name]) for name in inputs], [plain(values[name]) for name in outputs],
        [tensor for tensor in graph.initializer if tensor.name in read],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", OPSET)]
    return helper.make_model(part, opset_imports=opsets, ir_version=IR_VERSION, producer_name="sspnet-sdk")


def bare(node: onnx.NodeProto) -> onnx.NodeProto:
    copy = onnx.NodeProto(op_type=node.op_type, input=node.input, output=node.output, attribute=node.attribute)
    for attribute in copy.attribute:
        attribute.ClearField("doc_string")
    return copy


def plain(value: onnx.ValueInfoProto) -> onnx.ValueInfoProto:
    return onnx.ValueInfoProto(name=value.name, type=value.type)
