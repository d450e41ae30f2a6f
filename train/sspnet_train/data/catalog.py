"""Every data set that the command line knows, by name, and how to tell which one a folder holds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sspnet_train.data import coco, human36m, mpi_inf_3dhp, mpii, people2d, people3d, shards, synth3d
from sspnet_train.data.backgrounds import backgrounds
from sspnet_train.data.definitions import with_definition
from sspnet_train.data.sample import Definition, SampleSource
from sspnet_train.errors import DataError, DataOptionError

log = logging.getLogger(__name__)

Split = Literal["train", "val"]
Open = Callable[[Any, Split], SampleSource]


@dataclass(frozen=True)
class Reader:
    """How a data set is read.

    Attributes:
        open: the samples of a folder's split.
        recognises: whether a folder is laid out like this set.
        kind: what its labels are good for. The paper mixes "wild" and "3d" half and half.
        definition: whose joints it has, as far as its name tells: shards say it themselves.
    """

    open: Open
    recognises: Callable[[Path], bool]
    kind: Literal["wild", "3d", "nobody"]
    definition: Definition = "coco"


def _no_people(folder: Path, split: Split) -> SampleSource:
    return backgrounds(folder)


def _rendered(folder: Path, split: Split) -> SampleSource:
    """What `sspnet-sdk synth` writes, beside synth3d."""
    return synth3d.synth3d(folder, split, "rendered")


READERS = {
    "human36m": Reader(human36m.human36m, human36m.recognises, "3d", "human36m"),
    "mpi-inf-3dhp": Reader(mpi_inf_3dhp.mpi_inf_3dhp, mpi_inf_3dhp.recognises, "3d", "human36m"),
    "synth3d": Reader(synth3d.synth3d, synth3d.recognises, "3d"),
    "rendered": Reader(_rendered, lambda folder: False, "3d"),
    "people3d": Reader(people3d.people3d, people3d.recognises, "wild"),
    "people2d": Reader(people2d.people2d, people2d.recognises, "wild"),
    "mpii": Reader(mpii.mpii, mpii.recognises, "wild", "human36m"),
    "coco": Reader(coco.coco, coco.recognises, "wild"),
    "shards": Reader(shards.shards, shards.recognises, "wild"),
    "backgrounds": Reader(_no_people, lambda folder: False, "nobody"),
}


def parse_data(words: Iterable[str]) -> dict[str, Path | str]:
    """Data sets by name, from what the command line takes: ["mpii=/data/mpii", "mine/"].

    A folder without a name is recognised by what lies in it. A folder of data sets (people3d/, synth3d/, … by their names) stands
    for all of them. An address (shards=s3://bucket/people) stays text.

    Raises:
        DataError: a folder is missing or not recognised.
        DataOptionError: a name is unknown, or given twice.
    """
    found: dict[str, Path | str] = {}
    for word in [part for given in words for part in _several(given)]:
        name, sign, place = word.partition("=") if "=" in word else ("", "", word)
        if sign and name not in READERS:
            raise DataOptionError(f"no data set is called {name!r}; choose from {', '.join(READERS)} (as NAME=FOLDER)")
        if "://" in place:
            name = name or "shards"
        elif not Path(place).is_dir():
            raise DataError(f"{place} is no folder")
        else:
            name = name or recognise(Path(place))
        if name in found:
            raise DataOptionError(f"{name} is given twice: {found[name]} and {place}")
        found[name] = place if "://" in place else Path(place)
    return found


def _several(word: str) -> list[str]:
    """A word, or a word for each data set in the folder that it names."""
    folder = Path(word)
    inside = {name: folder / name for name in READERS if (folder / name).is_dir()}
    panoramas = folder / "people3d" / "assets" / "backgrounds"
    if panoramas.is_dir():
        inside.setdefault("backgrounds", panoramas)
    return [f"{name}={place}" for name, place in inside.items()] or [word]


def recognise(folder: Path) -> str:
    """The name of the reader that knows a folder's layout.

    Raises:
        DataError: none does.
    """
    for name, reader in READERS.items():
        if reader.recognises(folder):
            return name
    raise DataError(
        f"{folder} is not laid out like any of {', '.join(READERS)}; photographs of your own need {coco.LAYOUT}, "
        "or say NAME=FOLDER"
    )


def open_split(name: str, folder: Path | str, split: Split, definition: Definition) -> SampleSource:
    """The training or validation people of a data set.

    Args:
        name: of `READERS`.
        folder: where it lies; shards may lie at an address.
        split: "train" or "val".
        definition: whose joints they are given in.

    Raises:
        DataError: the folder is not laid out as the reader expects, or the split is empty.
    """
    reader = READERS[name]
    source = reader.open(folder, split)
    if not len(source):
        raise DataError(f"{name} has nobody to {'train' if split == 'train' else 'validate'} on: {folder}")
    return with_definition(source, definition)


def common_definition(names: Iterable[str]) -> Definition:
    """The definition of joints that several sets can share.

    It is COCO's as soon as one set of people has those, because photographs come with no others. Else it is Human3.6M's.
    """
    return "coco" if any(READERS[name].definition == "coco" for name in with_people(names)) else "human36m"


def with_people(names: Iterable[str]) -> list[str]:
    """The sets that are not of pictures of nobody."""
    return [name for name in names if READERS[name].kind != "nobody"]


def mixing_shares(names: Iterable[str], wanted: dict[str, float]) -> dict[str, float]:
    """How often each set comes: as the recipe says where it names them all, else half photographs, half 3D (Section 4.2)."""
    given = list(names)
    if set(given) <= set(wanted):
        return {name: wanted[name] for name in given}
    kinds = [kind for kind in ("wild", "3d") if any(READERS[name].kind == kind for name in given)]
    shares = {}
    for name in given:
        alike = sum(READERS[other].kind == READERS[name].kind for other in given)
        shares[name] = wanted.get("backgrounds", 0.03) if READERS[name].kind == "nobody" else 1.0 / len(kinds) / alike
    return shares


def even_shares(names: Iterable[str]) -> dict[str, float]:
    """How often each set comes where all count alike, but pictures of nobody a tenth."""
    return {name: 0.1 if READERS[name].kind == "nobody" else 1.0 for name in names}


def validation_sets(data: Mapping[str, Path | str], definition: Definition) -> dict[str, SampleSource]:
    """The validation people of each data set that has some.

    Args:
        data: data set's name -> folder.
        definition: whose joints all of them are given in.
    """
    sets = {}
    for name in with_people(data):
        try:
            sets[name] = open_split(name, data[name], "val", definition)
        except DataError as error:
            log.warning("not validated on %s: %s", name, error)
    return sets
