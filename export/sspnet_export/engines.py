"""The runtime's own engines with the settings that ship. So an export verifies what users run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_export.errors import ExportError
from sspnet_sdk.backends import installed, load
from sspnet_sdk.bundle import Bundle
from sspnet_sdk.device import default_threads
from sspnet_sdk.errors import SSPNetError
from sspnet_sdk.inference.stages import StageChain

Arrays = dict[str, NDArray[Any]]
Run = Callable[[Mapping[str, NDArray[Any]]], Arrays]


def runtimes() -> dict[str, Callable[[Path], Run]]:
    """The engines that are installed. Each opens a graph in fp32 and gives a function that runs it on any batch."""
    return {name: partial(open_graph, name) for name in installed()}


def open_graph(name: str, path: Path) -> Run:
    """A graph in one of the runtime's engines, on the CPU.

    Raises:
        ExportError: with the engine's own words.
    """
    try:
        backend = load(name)
        session = backend.open(path, default_threads(), "fp32")
    except SSPNetError as error:
        raise ExportError(str(error)) from None

    def run(inputs: Mapping[str, NDArray[Any]]) -> Arrays:
        count, parts = len(next(iter(inputs.values()))), []
        for start in range(0, count, backend.largest_batch):
            rows = slice(start, start + backend.largest_batch)
            try:
                answers = session.run({name: np.ascontiguousarray(values[rows]) for name, values in inputs.items()})
            except SSPNetError as error:
                raise ExportError(str(error)) from None
            parts.append({name: as_array(values) for name, values in answers.items()})
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    return run


def as_array(tensor: Any) -> NDArray[Any]:
    """A copy of what an engine keeps for itself."""
    return tensor if isinstance(tensor, np.ndarray) else np.array(tensor.data)


def chain_poses(
    bundle: Bundle, name: str, precision: str, size: int, images: NDArray[np.uint8], previous: NDArray[np.float32] | None = None
) -> Arrays:
    """`pose_<cut>` of every cut by the runtime's chain of stages. With a root depth, also `root_features`."""
    backend = load(name)
    chain = StageChain(bundle, backend, precision, size, default_threads())
    try:
        answers: Arrays = {}
        batch = backend.largest_batch
        parts = [slice(start, start + batch) for start in range(0, len(images), batch)]
        for cut in bundle.cuts:
            runs = [
                chain.run(np.ascontiguousarray(images[part]), cut, previous=None if previous is None else previous[part])
                for part in parts
            ]
            answers[f"pose_{cut}"] = np.concatenate([run.poses for run in runs])
            features = [run.root_features for run in runs if run.root_features is not None]
            answers |= {"root_features": np.concatenate(features)} if features else {}
        return answers
    except SSPNetError as error:
        raise ExportError(str(error)) from None
    finally:
        chain.close()
