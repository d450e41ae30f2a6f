"""Data sets by name, from one folder that holds them: people3d/, synth3d/."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import DataError
from .backgrounds import backgrounds
from .people3d import people3d
from .sample import SampleSource
from .synth3d import synth3d

Sources = dict[str, SampleSource]

_TRAINING: dict[str, Callable[[Path], SampleSource]] = {
    "people3d": lambda folder: people3d(folder / "people3d", "train"),
    "synth3d": lambda folder: synth3d(folder / "synth3d", "train"),
    "backgrounds": lambda folder: backgrounds(folder / "people3d" / "assets" / "backgrounds"),
}
_VALIDATION: dict[str, Callable[[Path], SampleSource]] = {
    "people3d": lambda folder: people3d(folder / "people3d", "val"),
    "synth3d": lambda folder: synth3d(folder / "synth3d", "val"),
}


def open_folder(folder: Path, names: Iterable[str]) -> tuple[Sources, Sources]:
    """The training and the validation data of the sets called `names`; backgrounds validate nothing.

    Raises DataError in one line: a set is unknown, or not where it should be.
    """
    wanted = list(names)
    unknown = [name for name in wanted if name not in _TRAINING]
    if unknown:
        raise DataError(f"unknown data sets {', '.join(unknown)}: there are {', '.join(_TRAINING)}")
    try:
        training = {name: _TRAINING[name](folder) for name in wanted}
        return training, {name: _VALIDATION[name](folder) for name in wanted if name in _VALIDATION}
    except FileNotFoundError as error:
        raise DataError(str(error)) from None
