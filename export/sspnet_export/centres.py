"""The finder that a guided entry brings along: maps of people's centres, guessed joints, and heat of each joint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sspnet_train.network.model import SSPNet
from sspnet_train.network.movenet import MoveNetEntry
from sspnet_train.network.network_input import network_input

from sspnet_export.engines import Arrays, runtimes
from sspnet_export.graphs import cut_out_finder
from sspnet_export.inference import FINDER_OUTPUTS
from sspnet_export.thresholds import SINGLE_PERSON_CENTRES
from sspnet_export.traces import Traces, graph_file
from sspnet_export.verify import TOLERANCE, check_model, compared, noise_and_figure
from sspnet_export.weights import WeightFile
from sspnet_sdk.bundle import Bundle


class CentresPart:
    """A `Part`: a finder at each size, and one at twice the largest for people who are small in the picture.

    Args:
        traces: of the network.
        finer: likewise, with the first cut alone: the finder is all that is cut out of them.
    """

    def __init__(self, traces: Traces, finer: Traces, sizes: tuple[int, ...], precisions: tuple[str, ...]) -> None:
        self._traces, self._finer, self._sizes, self._precisions = traces, finer, sizes, precisions

    def write(self, folder: Path, weights: WeightFile) -> None:
        for traces, size in [*((self._traces, size) for size in self._sizes), (self._finer, 2 * self._sizes[-1])]:
            for precision in self._precisions:
                finder = cut_out_finder(traces.graph(size, precision))
                weights.take_over(finder.model, traces.factors(size))
                file = folder / graph_file("finder", size, precision)
                file.write_bytes(finder.model.SerializeToString(deterministic=True))

    def describe(self, document: dict[str, Any]) -> None:
        document["finder"] = SINGLE_PERSON_CENTRES
        for precision in self._precisions:
            for size in self._sizes:
                document["graphs"][precision][str(size)]["finder"] = graph_file("finder", size, precision)
            finest = document["graphs"][precision][str(self._sizes[-1])]
            finest["finer_finder"] = graph_file("finder", 2 * self._sizes[-1], precision)

    def verify(self, bundle: Bundle) -> Iterator[str]:
        for (precision, size), path in bundle.finders.items():
            check_model(path)
            if precision == "fp32":
                images = noise_and_figure(size)
                expected = people(self._traces.network, images)
                for runtime, open_graph in runtimes().items():
                    answers = open_graph(path)({"image": images})
                    yield from compared(size, runtime, "finder", answers, expected, TOLERANCE)


@torch.no_grad()
def people(network: SSPNet, images: NDArray[np.uint8]) -> Arrays:
    """Where the network itself finds people in pictures."""
    assert isinstance(network.entry, MoveNetEntry)
    maps = network.entry.people(network_input(images))
    return {name: values.numpy() for name, values in zip(FINDER_OUTPUTS, maps, strict=True)}
