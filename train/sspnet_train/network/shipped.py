"""The checkpoints that come along: those from which the default bundle was made."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def shipped(name: str) -> Path | None:
    """`edge` (the network) or `finder`, as a file; None where it is missing.

    A wheel has the checkpoints inside the package, the source tree beside it.
    """
    places = [folder / f"{name}.safetensors" for folder in (_PACKAGE / "checkpoints", in_the_source_tree())]
    return next((place for place in places if place.is_file()), None)


def in_the_source_tree() -> Path:
    """The folder of the checkpoints there."""
    return _PACKAGE.parent / "checkpoints"
