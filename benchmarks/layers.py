"""Where the time of each stage goes in OpenVINO, by kind of operation; and its convolutions beside this machine's matrix product.

    python benchmarks/layers.py

One thread, stages and products in turn, medians over runs. "reached" is the rate of the 1x1 convolutions, which hold nearly all
of the arithmetic, as a share of the rate of a matrix product in the same precision.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from statistics import median

import numpy as np
import openvino as ov
from matrix_product import gmacs_per_s, matrix_product
from side_by_side import keep_to_cores, openvino_settings, timed

from sspnet_sdk.bundle import StageGraph, open_bundle

_KINDS = {
    "GroupConvolution": "depthwise",
    **dict.fromkeys(("FullyConnected", "MatMul"), "matrix products"),
    **dict.fromkeys(("Reorder", "Transpose", "Concat", "Slice"), "rearranging"),
}
_COLUMNS = ("1x1", "other convolutions", "depthwise", "matrix products", "rearranging", "rest")


def main() -> None:
    given = _arguments()
    keep_to_cores(1)
    bundle = open_bundle(given.bundle)
    print(f"| precision | size | stage of cut | time | {' | '.join(_COLUMNS)} | reached |\n{'|---' * (len(_COLUMNS) + 5)}|")
    for precision in given.precisions:
        product = timed(matrix_product(1, precision))
        for size in given.sizes:
            for graph in bundle.stages["fp32", size]:
                stage, product_ms, shares = _Stage(graph, precision), [], []
                for _ in range(given.rounds):
                    product_ms.append(median(product(3)))
                    shares.append(stage.times_ms(8))
                times = {kind: median(each[kind] for each in shares) for kind in _COLUMNS}
                whole = sum(times.values())
                rate = stage.pointwise_macs / times["1x1"] / 1e6 / gmacs_per_s(median(product_ms))
                cells = " | ".join(f"{times[kind] / whole:.0%}" for kind in _COLUMNS)
                print(f"| {precision} | {size} | {graph.cut} | {whole:.2f} ms | {cells} | {rate:.0%} |", flush=True)


class _Stage:
    """A stage for one person, with times of its operations."""

    def __init__(self, graph: StageGraph, precision: str) -> None:
        core = ov.Core()
        model = core.read_model(graph.path)
        model.reshape({port.any_name: _for_one(port.partial_shape) for port in model.inputs})
        self.pointwise_macs = sum(map(_pointwise_macs, model.get_ordered_ops()))
        compiled = core.compile_model(model, "CPU", {**openvino_settings(1, precision), "PERF_COUNT": True})
        self._request = compiled.create_infer_request()
        self._inputs = {port.any_name: np.zeros(port.shape, port.element_type.to_dtype()) for port in compiled.inputs}

    def times_ms(self, runs: int) -> dict[str, float]:
        """Kind of operation -> median time in all of that kind, after a run that does not count."""
        found: dict[str, list[float]] = {kind: [] for kind in _COLUMNS}
        for number in range(runs + 1):
            self._request.infer(self._inputs)
            times: dict[str, float] = defaultdict(float)
            for layer in self._request.profiling_info:
                times[_kind(layer)] += layer.real_time.total_seconds() * 1000
            for kind in _COLUMNS if number else ():
                found[kind].append(times[kind])
        return {kind: median(values) for kind, values in found.items()}


def _kind(layer: ov.ProfilingInfo) -> str:
    if layer.node_type == "Convolution":
        return "1x1" if "1x1" in layer.exec_type else "other convolutions"
    return _KINDS.get(layer.node_type, "rest")


def _for_one(shape: ov.PartialShape) -> list[int]:
    return [1, *(extent.get_length() for extent in list(shape)[1:])]


def _pointwise_macs(operation: ov.Node) -> int:
    if operation.get_type_name() != "Convolution":
        return 0
    _, inputs, height, width = operation.input(1).get_shape()
    return inputs * int(np.prod(operation.output(0).shape)) if height == width == 1 else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, help="the default bundle if not given")
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 256])
    parser.add_argument("--precisions", nargs="+", choices=("fp32", "bf16"), default=["fp32", "bf16"])
    parser.add_argument("--rounds", type=int, default=7)
    return parser.parse_args()


if __name__ == "__main__":
    main()
