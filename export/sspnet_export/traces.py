"""The traced graphs of a network, one per size: several parts of a bundle are cut out of each."""

from __future__ import annotations

from collections.abc import Callable

import onnx
from sspnet_train.network.model import SSPNet

from sspnet_export.calibration import Picture, as_batch, calibration_part
from sspnet_export.half import to_half
from sspnet_export.inference import InferenceNetwork
from sspnet_export.quantize import to_int8
from sspnet_export.trace import trace
from sspnet_export.weights import Factors, factors_of


class Traces:
    """Traces, made when first asked for.

    Args:
        network: to be exported.
        cuts: pyramids after which it can answer.
        root_features: also give what the root's depth network reads.
        crops: that int8 takes its ranges from.
        on_progress: called with one line per trace.
    """

    def __init__(
        self,
        network: SSPNet,
        cuts: tuple[int, ...],
        root_features: bool,
        crops: list[Picture],
        on_progress: Callable[[str], None],
    ) -> None:
        self.network, self.cuts = network, cuts
        self._root_features, self._crops, self._on_progress = root_features, crops, on_progress
        self._traced: dict[int, tuple[onnx.ModelProto, Factors]] = {}
        self._rounded: dict[tuple[int, str], onnx.ModelProto] = {}

    def factors(self, size: int) -> Factors:
        """What the folded weights of a size are made of (`WeightFile.take_over`)."""
        return self._trace(size)[1]

    def graph(self, size: int, precision: str) -> onnx.ModelProto:
        """The one graph of everything that the network can answer at a size. It must not be changed."""
        if precision == "fp32":
            return self._trace(size)[0]
        if (size, precision) not in self._rounded:
            traced = self._trace(size)[0]
            half = precision == "fp16"
            self._rounded[size, precision] = (
                to_half(traced) if half else to_int8(traced, as_batch(calibration_part(self._crops), size))
            )
        return self._rounded[size, precision]

    def _trace(self, size: int) -> tuple[onnx.ModelProto, Factors]:
        if size not in self._traced:
            self._on_progress(f"tracing {self.network.config.name} at {size} px, cuts {', '.join(map(str, self.cuts))}")
            ready = InferenceNetwork(self.network, self.cuts, size, self._root_features).eval()
            self._traced[size] = trace(ready), factors_of(ready)
        return self._traced[size]


def graph_file(name: str, size: int, precision: str) -> str:
    """The file of one of the bundle's graphs."""
    return f"{name}_{size}.onnx" if precision == "fp32" else f"{name}_{size}_{precision}.onnx"
