"""What a bundle is made of: `network`, `centres` (who is where) or `finder` (everybody), `root_depth`, `lift`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from sspnet_export.weights import WeightFile
from sspnet_sdk.bundle import Bundle


class Part(Protocol):
    """One ability of a bundle: its graphs, what the manifest says of them, and the check that they do what PyTorch does."""

    def write(self, folder: Path, weights: WeightFile) -> None:
        """Write its graphs into `folder`, and their weights beside those of the others."""
        ...

    def describe(self, document: dict[str, Any]) -> None:
        """Add its fields to the manifest."""
        ...

    def verify(self, bundle: Bundle) -> Iterator[str]:
        """Run what was written as the runtime will, in every engine that is installed. Yields a line per comparison.

        Raises:
            ExportError: a graph is malformed or differs from PyTorch.
        """
        ...
