"""What an inference engine has to offer; everything else in the runtime is the same for all engines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol


def is_answer(output: str) -> bool:
    """Whether an output of a graph is for the caller; the others are features for the next stage."""
    return output.startswith(("pose_", "centre", "box", "joints", "heat", "root_"))


class Session(Protocol):
    """One opened graph. Not to be run from two threads at once."""

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """All outputs of the graph, by name.

        `image` comes in as a C-contiguous uint8 array. Answers (`pose_…`, `centre`, `root_…`, …) go out as numpy arrays that the
        caller may keep; features are tensors of the engine's own, valid until the next run, for sessions of the same engine only.

        Raises:
            BackendError: with the engine's own words.
        """
        ...

    def close(self) -> None:
        """Free the engine's memory; the session is not used afterwards."""
        ...


class Backend(Protocol):
    """An engine on one device: opens graphs."""

    name: str
    device: str
    version: str
    largest_batch: int  # images that one run may take
    fixed_batches: tuple[int, ...]  # numbers of images that a graph may be opened for instead, by `dimensions["batch"]`
    fixed_shapes: bool  # whether a graph runs only (or only fast) where its inputs' extents are known
    precisions: tuple[str, ...]  # besides fp32, what it computes fp32 graphs in where it is asked to

    def open(self, path: Path, threads: int, precision: str, dimensions: Mapping[str, int] | None = None) -> Session:
        """Compile the ONNX graph at `path`; `threads` counts on the CPU; `dimensions` fix symbolic extents, by name.

        Raises:
            BackendError: with the engine's own words.
        """
        ...
