"""MoveNet Lightning, Thunder and MultiPose (Google) from their TensorFlow.js files to ONNX, and their decoding."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sspnet_train.network.init_movenet import read_tfjs

_PREFIX = "StatefulPartitionedCall/"
_HEADS = {
    "heat": "kpt_heatmap",
    "regression": "kpt_regress",
    "centre": "center",
    "offset": "kpt_offset",
    "box_scale": "box_scale",
    "box_offset": "box_offset",
}
_ANY_SIZE = 256  # of a network that takes any
_CELLS_FROM_GUESS = 1.8


def to_onnx(model_json: Path) -> tuple[onnx.ModelProto, int]:
    """The network up to its heads, and the size of its input, which is an image (1, size, size, 3) of uint8, RGB.

    The heads are four; MultiPose has two more, for boxes.
    """
    topology, weights = json.loads(model_json.read_text())["modelTopology"], read_tfjs(model_json)
    operations = {node["name"]: node for node in topology["node"]}
    size = max(int(operations["input"]["attr"]["shape"]["shape"]["dim"][1]["size"]), 0) or _ANY_SIZE
    graph = _Graph(weights)
    for node in topology["node"]:
        graph.add(node)
    ends = {name: _end_of(head, operations) for name, head in _HEADS.items()}
    heads = [helper.make_node("Identity", [end], [name]) for name, end in ends.items() if end is not None]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name, end in ends.items() if end is not None]
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, [1, size, size, 3])
    proto = helper.make_graph([*graph.nodes, *heads], model_json.stem, [image], outputs, graph.tensors)
    return helper.make_model(proto, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), size


def _end_of(head: str, operations: dict[str, Any]) -> str | None:
    """The last convolution of a head; None where the network lacks it."""
    ends = (name for name in operations if name.startswith(f"{_PREFIX}{head}_0/") and name.endswith("/BiasAdd"))
    return next((name for name in ends if operations[name]["op"] == "_FusedConv2D"), None)


class _Graph:
    """ONNX nodes so far; tensors keep their TensorFlow names, laid out NCHW."""

    def __init__(self, weights: dict[str, NDArray]) -> None:
        self._weights = weights
        self.tensors: list[onnx.TensorProto] = []
        self._first = "scaled"
        divisor, one = self._constant("divisor", np.float32(127.5)), self._constant("one", np.float32(1))
        self.nodes = [
            helper.make_node("Cast", ["image"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Transpose", ["floats"], ["planes"], perm=[0, 3, 1, 2]),
            helper.make_node("Div", ["planes", divisor], ["halves"]),
            helper.make_node("Sub", ["halves", one], [self._first]),
        ]
        self._made: set[str] = set()

    def add(self, node: dict[str, Any]) -> None:
        """Translate one TensorFlow node; those before the first convolution and after the heads are left out."""
        kind, name, inputs = node["op"], node["name"], node.get("input", [])
        if kind in ("_FusedConv2D", "FusedDepthwiseConv2dNative", "DepthwiseConv2dNative"):
            self._convolution(node, "Depthwise" in kind)
        elif inputs and all(source in self._made for source in inputs[: 1 if kind == "ResizeBilinear" else 2]):
            if kind == "AddV2":
                self.nodes.append(helper.make_node("Add", inputs, [name]))
            elif kind == "ResizeBilinear":
                doubled = self._constant(f"{name}.scales", np.array([1, 1, 2, 2], np.float32))
                self.nodes.append(helper.make_node("Resize", [inputs[0], "", doubled], [name], mode="linear"))
            else:
                return
        else:
            return
        self._made.add(name)

    def _convolution(self, node: dict[str, Any], depthwise: bool) -> None:
        name, (source, *parameters), attributes = node["name"], node["input"], node["attr"]
        weight = self._weights[parameters[0]]
        kernel, stride = weight.shape[0], int(attributes["strides"]["list"]["i"][1])
        padding = kernel - stride if base64.b64decode(attributes["padding"]["s"]) == b"SAME" else 0
        before, after = padding // 2, padding - padding // 2
        order = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
        names = [self._constant(parameters[0], np.ascontiguousarray(weight.transpose(order)))]
        names += [self._constant(bias, self._weights[bias]) for bias in parameters[1:2]]
        fused = [base64.b64decode(text).decode() for text in attributes.get("fused_ops", {}).get("list", {}).get("s", [])]
        activation = next((text for text in fused if text.startswith("Relu")), None)
        result = f"{name}.linear" if activation else name
        self.nodes.append(
            helper.make_node(
                "Conv", [source if source in self._made else self._first, *names], [result], kernel_shape=[kernel, kernel],
                strides=[stride, stride], pads=[before, before, after, after], group=weight.shape[2] if depthwise else 1,
            )
        )  # fmt: skip
        if activation == "Relu6":
            limits = [self._constant(f"{name}.{limit}", np.float32(limit)) for limit in (0, 6)]
            self.nodes.append(helper.make_node("Clip", [result, *limits], [name]))
        elif activation:
            self.nodes.append(helper.make_node("Relu", [result], [name]))

    def _constant(self, name: str, value: Any) -> str:
        self.tensors.append(numpy_helper.from_array(np.asarray(value), name))
        return name


def centre_weights(model_json: Path) -> NDArray[np.float32]:
    """What MoveNet multiplies its centre map with before it takes the largest: (cells, cells)."""
    return read_tfjs(model_json)[f"ConstantFolding/{_PREFIX}truediv_2_recip"][..., 0]


def decode(heads: dict[str, NDArray[np.float32]], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """MoveNet's own decoding: (17, 2) COCO keypoints x, y in [0, 1] of the crop."""
    cells = weights.shape[0]
    likelihood = _sigmoid(heads["centre"][0, 0]) * weights
    row, column = np.unravel_index(likelihood.argmax(), likelihood.shape)
    coarse = heads["regression"][0, :, row, column].reshape(17, 2) + np.array([row, column])
    grid = np.arange(cells, dtype=np.float32)
    away = np.hypot(grid[:, None] - coarse[:, 0, None, None], grid - coarse[:, 1, None, None])
    heat = _sigmoid(heads["heat"][0]) / (away + _CELLS_FROM_GUESS)
    rows, columns = np.divmod(heat.reshape(17, -1).argmax(axis=1), cells)
    offsets = heads["offset"][0].reshape(17, 2, cells, cells)[np.arange(17), :, rows, columns]
    return np.stack([columns + offsets[:, 1], rows + offsets[:, 0]], axis=1).astype(np.float32) / cells


def _sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return 0.5 * (1 + np.tanh(0.5 * x))  # type: ignore[no-any-return]
