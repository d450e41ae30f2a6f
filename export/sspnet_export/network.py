"""The network of a bundle: per size one graph with all cuts, and the chain of stages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sspnet_train.network.model import SSPNet
from sspnet_train.network.network_input import network_input

from sspnet_export.engines import Arrays, chain_poses, runtimes
from sspnet_export.graphs import Graph, cut_out_stages, cut_out_whole
from sspnet_export.traces import Traces, graph_file
from sspnet_export.verify import TOLERANCE, check_model, compared, noise_and_figure, some_previous
from sspnet_export.weights import WeightFile
from sspnet_sdk.bundle import Bundle


class NetworkPart:
    """A `Part`: the cuts of a network at some sizes and precisions."""

    def __init__(self, traces: Traces, sizes: tuple[int, ...], precisions: tuple[str, ...]) -> None:
        self._traces, self._sizes, self._precisions = traces, sizes, precisions
        self._described: dict[str, dict[str, Any]] = {precision: {} for precision in precisions}

    def write(self, folder: Path, weights: WeightFile) -> None:
        for size in self._sizes:
            for precision in self._precisions:
                traced, cuts = self._traces.graph(size, precision), self._traces.cuts
                whole, stages = cut_out_whole(traced, cuts), cut_out_stages(traced, cuts)
                for graph in (whole, *stages):
                    weights.take_over(graph.model, self._traces.factors(size))
                    file = folder / graph_file(graph.name, size, precision)
                    file.write_bytes(graph.model.SerializeToString(deterministic=True))
                self._described[precision][str(size)] = {
                    "full": graph_file(whole.name, size, precision),
                    "stages": [describe_stage(stage, graph_file(stage.name, size, precision)) for stage in stages],
                }

    def describe(self, document: dict[str, Any]) -> None:
        document["graphs"] = {precision: dict(sizes) for precision, sizes in self._described.items()}

    def verify(self, bundle: Bundle) -> Iterator[str]:
        return verify_network(bundle, self._traces.network)


def describe_stage(stage: Graph, file: str) -> dict[str, Any]:
    return {"cut": stage.cut, "file": file, "inputs": stage.inputs, "outputs": stage.outputs}


def verify_network(bundle: Bundle, network: SSPNet, tolerance: float = TOLERANCE) -> Iterator[str]:
    """Compare the fp32 graphs of a bundle with PyTorch: every cut and size, whole and as the runtime's chain, in every engine.

    Raises:
        ExportError: a graph is malformed, or differs by more than `tolerance`.
    """
    for size in bundle.sizes:
        images, whole = noise_and_figure(size), whole_graph(bundle, "fp32", size)
        previous = some_previous(network.config.joints) if network.previous is not None else None
        expected = reference(network, images, bundle.cuts, previous)
        inputs = {"image": images} | ({} if previous is None else {"previous": previous})
        for path in (whole, *(stage.path for stage in bundle.stages["fp32", size])):
            check_model(path)
        for runtime, open_graph in runtimes().items():
            answers = open_graph(whole)(inputs)
            yield from compared(size, runtime, "full", answers, expected, tolerance)
            poses = chain_poses(bundle, runtime, "fp32", size, images, previous)
            yield from compared(size, runtime, "stages", poses, expected, tolerance)


def whole_graph(bundle: Bundle, precision: str, size: int) -> Path:
    """The file of the graph with all cuts."""
    return bundle.folder / str(bundle.manifest["graphs"][precision][str(size)]["full"])


@torch.no_grad()
def reference(
    network: SSPNet, images: NDArray[np.uint8], cuts: tuple[int, ...], previous: NDArray[np.float32] | None = None
) -> Arrays:
    """What the network itself answers, neither folded nor rounded."""
    predictions = network(network_input(images), cuts[-1], None if previous is None else torch.from_numpy(previous))
    answers = {}
    for cut in cuts:
        last = predictions[cut * network.config.levels - 1]
        answers[f"pose_{cut}"] = torch.cat([last.pose, last.confidence.unsqueeze(2)], dim=2).numpy()
    return answers
