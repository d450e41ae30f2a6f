"""int8: convolutions quantized statically (QDQ), for ONNX Runtime and OpenVINO alike. All from heatmaps on stays in float.

Three things keep it accurate. The bias of each convolution takes back the mean error of its rounded weights. The layers that
suffer most stay in float. Weights use 7 bits, because CPUs without VNNI saturate on 8. Which layers stay in float was chosen on
held-out people at 256 px, so score a bundle's int8 on people who were not among them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from sspnet_export.silenced import silenced
from sspnet_export.trace import touches_coordinates

# Fed by heatmaps, or one number per map. Of MoveNet's layers, rounding these moved keypoints most, its first blocks 5 to 10 times
# as much as a late one.
UNFIT = (".head.write.", ".earlier.", ".shortcut.weight")
FRAGILE = (
    *(".stem.", ".blocks.0.", ".blocks.1.", ".blocks.2.", ".blocks.3.", ".blocks.13."),
    *(".fusion.", "heatmaps.", "regression.", "centre."),
)
LARGEST_WEIGHT = 64  # of reduce_range's signed 7 bits
AXES = "calibration.axes"


def to_int8(traced: onnx.ModelProto, crops: NDArray[np.uint8]) -> onnx.ModelProto:
    """A traced graph with its convolutions in int8, calibrated on crops (N, size, size, 3) RGB."""
    model = onnx.ModelProto.FromString(traced.SerializeToString())
    for index, node in enumerate(model.graph.node):
        node.name = f"{node.op_type}_{index}"
    chosen = [node for node in model.graph.node if node.op_type == "Conv" and not stays_float(node)]
    correct_biases(model, chosen, mean_inputs(model, chosen, crops))
    # The quantizer recommends on the root logger a preprocessing that the traced graph has no use for.
    with tempfile.TemporaryDirectory() as folder, silenced(""):
        path = Path(folder) / "int8.onnx"
        quantize_static(
            model, path, Reader(model, crops), quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, op_types_to_quantize=["Conv"],
            nodes_to_quantize=[node.name for node in chosen],
        )  # fmt: skip
        return onnx.load(path)


def stays_float(conv: onnx.NodeProto) -> bool:
    return touches_coordinates(conv) or any(part in "." + conv.input[1] for part in FRAGILE + UNFIT)


def mean_inputs(model: onnx.ModelProto, convs: list[onnx.NodeProto], crops: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """The mean of every channel that the convolutions read, over cells and crops."""
    probed = onnx.ModelProto.FromString(model.SerializeToString())
    graph, names = probed.graph, sorted({conv.input[0] for conv in convs})
    del graph.output[:]
    graph.initializer.append(numpy_helper.from_array(np.array([0, 2, 3]), AXES))
    for name in names:
        graph.node.append(helper.make_node("ReduceMean", [name, AXES], [f"{name}.mean"], keepdims=0))
        graph.output.append(helper.make_tensor_value_info(f"{name}.mean", onnx.TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(probed.SerializeToString(), options, providers=["CPUExecutionProvider"])
    found = [session.run(None, inputs) for inputs in iter(Reader(model, crops).get_next, None)]
    return {name: np.mean([means[index] for means in found], axis=0) for index, name in enumerate(names)}


def correct_biases(model: onnx.ModelProto, convs: list[onnx.NodeProto], means: dict[str, NDArray[np.float32]]) -> None:
    """Subtract from each bias, in place, the mean answer of what rounding takes from the weights."""
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    for conv in convs:
        if len(conv.input) < 3:
            continue
        weight, bias = (numpy_helper.to_array(tensors[name]) for name in conv.input[1:])
        step = np.maximum(np.abs(weight).max(axis=(1, 2, 3), keepdims=True), 1e-12) / LARGEST_WEIGHT
        error = (np.rint(weight / step) * step - weight).sum(axis=(2, 3))
        mean = means[conv.input[0]]
        shift = error @ mean if error.shape[1] == len(mean) else error[:, 0] * mean
        corrected = numpy_helper.from_array((bias - shift).astype(np.float32), f"{conv.name}.bias")
        model.graph.initializer.append(corrected)
        conv.input[2] = corrected.name
    read = {name for node in model.graph.node for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in read]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


class Reader(CalibrationDataReader):
    """A graph's inputs, one crop at a time, with nothing known of a frame before."""

    def __init__(self, model: onnx.ModelProto, crops: NDArray[np.uint8]):
        self._crops = iter(crops)
        self._others: dict[str, NDArray[Any]] = {}
        for value in model.graph.input:
            extents = [1, *(dim.dim_value for dim in value.type.tensor_type.shape.dim[1:])]
            self._others |= {} if value.name == "image" else {value.name: np.zeros(extents, np.float32)}

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        crop = next(self._crops, None)
        return None if crop is None else {"image": crop[None], **self._others}
