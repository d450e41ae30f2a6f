"""The bundle's one file of weights, shared by all of its graphs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sspnet_train.network.eight_bits import in_eight_bits
from torch import nn

from sspnet_export.fold import FactoredConv

INLINE_BYTES = 256
ALIGNMENT = 64

Factors = Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]


def factors_of(network: nn.Module) -> Factors:
    """Name of every factored weight in `network` -> (raw weight, factor)."""
    return {
        f"{name}.weight": (module.raw.numpy(), module.factor.numpy())
        for name, module in network.named_modules(remove_duplicate=False)
        if isinstance(module, FactoredConv)
    }


class WeightFile:
    """Collects arrays, each distinct one once, and writes them as the external data of ONNX graphs.

    An array that fp16 holds exactly is stored as fp16 and cast in the graph. Runtimes fold the cast when they load it. So is a
    factored weight that is whole numbers of 8 bits times a step, as int8: the step goes into the factor.
    """

    NAME = "weights.bin"

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._places: dict[bytes, tuple[int, int]] = {}
        self._end = 0

    def write(self, folder: Path) -> None:
        (folder / self.NAME).write_bytes(b"".join(self._chunks))

    def take_over(self, model: onnx.ModelProto, factors: Factors) -> None:
        """Move the model's weights into this file, in place. Folded weights become raw weight times factor again."""
        graph = model.graph
        tensors: list[TensorProto] = []
        nodes: list[onnx.NodeProto] = []
        for tensor in graph.initializer:
            values = numpy_helper.to_array(tensor)
            if tensor.name in factors:
                raw, factor = factors[tensor.name]
                if not np.array_equal(raw * factor, values):
                    raise AssertionError(f"{tensor.name}: the exporter changed a folded weight")
                if np.all(factor == 1):
                    self._store(tensor.name, raw, tensors, nodes)
                else:
                    names = f"{tensor.name}.raw", f"{tensor.name}.factor"
                    if (eight := in_eight_bits(raw)) is None or raw.size <= INLINE_BYTES:
                        self._store(names[0], raw, tensors, nodes)
                    else:
                        numbers, steps = eight
                        self._store_short(names[0], f"{names[0]}.eight_bits", numbers, tensors, nodes)
                        factor = factor * steps.reshape(-1, *[1] * (raw.ndim - 1))
                    self._store(names[1], factor, tensors, nodes)
                    nodes.append(helper.make_node("Mul", names, [tensor.name]))
            else:
                self._store(tensor.name, values, tensors, nodes)
        rest = list(graph.node)
        del graph.initializer[:], graph.node[:]
        graph.initializer.extend(tensors)
        graph.node.extend(nodes + rest)

    def _store(self, name: str, values: NDArray, tensors: list[TensorProto], nodes: list[onnx.NodeProto]) -> None:
        if values.nbytes <= INLINE_BYTES or values.dtype == np.int64:  # shapes have to be known before weights are read
            tensors.append(numpy_helper.from_array(values, name))
            return
        if exact_in_half(values):
            self._store_short(name, f"{name}.half", values.astype(np.float16), tensors, nodes)
        else:
            tensors.append(self._external(name, values))

    def _store_short(
        self, name: str, stored: str, values: NDArray, tensors: list[TensorProto], nodes: list[onnx.NodeProto]
    ) -> None:
        tensors.append(self._external(stored, values))
        nodes.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))

    def _external(self, name: str, values: NDArray) -> TensorProto:
        offset, length = self._place(np.ascontiguousarray(values).tobytes())
        tensor = TensorProto(name=name, dims=values.shape, data_type=helper.np_dtype_to_tensor_dtype(values.dtype))
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", self.NAME), ("offset", str(offset)), ("length", str(length))):
            tensor.external_data.add(key=key, value=value)
        return tensor

    def _place(self, content: bytes) -> tuple[int, int]:
        key = hashlib.sha256(content).digest()
        if key not in self._places:
            self._places[key] = self._end, len(content)
            padding = -len(content) % ALIGNMENT
            self._chunks.append(content + bytes(padding))
            self._end += len(content) + padding
        return self._places[key]


def exact_in_half(values: NDArray) -> bool:
    if values.dtype != np.float32:
        return False
    with np.errstate(over="ignore"):
        return np.array_equal(values.astype(np.float16).astype(np.float32), values)
