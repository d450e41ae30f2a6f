"""Make a bundle the default one, and the checkpoints that it was made of those that come along.

    python -m sspnet_export.ship bundle --checkpoint model.safetensors --finder finder.safetensors

Without `--checkpoint` or `--finder` the one that comes along stays, as after a change of the exported graphs alone. They become
thin: most of their weights stand in the bundle already, and are borrowed from there (`sspnet_train.network.borrowed`).
It runs in the source tree, and replaces nothing unless all of it can be read back, bit by bit.
"""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

import torch
from sspnet_train.errors import CheckpointError, one_line
from sspnet_train.network.borrowed import NOTE, without_lent
from sspnet_train.network.shipped import in_the_source_tree, shipped
from sspnet_train.network.weight_file import halved, read_weights, write_weights
from torch import Tensor

from sspnet_export.errors import ExportError
from sspnet_export.folder import written_whole
from sspnet_export.weights import WeightFile
from sspnet_export.write_bundle import opened
from sspnet_sdk.bundle import DEFAULT_BUNDLE

KINDS = {"edge": "checkpoint", "finder": "finder"}


def ship(bundle: Path, sources: dict[str, Path], checkpoints: Path, default: Path = DEFAULT_BUNDLE) -> list[str]:
    """Replace the default bundle, and write thin checkpoints beside it.

    Args:
        bundle: the new bundle; may be `default` itself.
        sources: the checkpoints that it was made of, by their names in `checkpoints`: "edge" and "finder".
        checkpoints: the folder of the checkpoints that come along.
        default: the folder of the default bundle.

    Returns:
        One line for each file: how large it is.

    Raises:
        ExportError: `bundle` is none, what was written reads differently, or the system refuses to write; nothing is replaced.
        CheckpointError: a source cannot be read; nothing is replaced.
        TrainingError: the system refuses to write a checkpoint; nothing is replaced.
    """
    opened(bundle)
    written = {}
    try:
        for name, source in sources.items():
            partial = checkpoints / f".{name}.safetensors.new"
            written[checkpoints / f"{name}.safetensors"] = partial
            _write_thin(source, partial, KINDS[name], bundle / WeightFile.NAME)
        if not default.is_dir() or not default.samefile(bundle):
            with written_whole(default) as folder:
                for file in bundle.iterdir():
                    shutil.copy(file, folder)
        for path, partial in written.items():
            os.replace(partial, path)
    finally:
        for partial in written.values():
            partial.unlink(missing_ok=True)
    return [f"wrote {path} ({path.stat().st_size / 1e6:.1f} MB)" for path in written]


def _write_thin(source: Path, path: Path, kind: str, lender: Path) -> None:
    """Write what the lender lacks of a checkpoint, and read all of it back."""
    weights, notes = read_weights(source, kind)
    kept, note = without_lent({key: halved(key, value) for key, value in weights.items()}, lender.read_bytes())
    write_weights(path, kept, notes | {NOTE: note})
    if not _same(read_weights(path, kind, lender), (weights, notes)):
        raise ExportError(f"{source} comes back differently from its thin form")


def _same(back: tuple[dict[str, Tensor], dict[str, str]], first: tuple[dict[str, Tensor], dict[str, str]]) -> bool:
    (weights, notes), (expected, said) = back, first
    same_names = notes == said and weights.keys() == expected.keys()
    return same_names and all(torch.equal(weights[key], value) for key, value in expected.items())


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="folder that `sspnet-sdk export` wrote")
    for name, option in (("edge", "--checkpoint"), ("finder", "--finder")):
        parser.add_argument(option, dest=name, type=Path, default=shipped(name), help="default: the one that comes along")
    given = parser.parse_args()
    sources = {name: getattr(given, name) for name in KINDS}
    if missing := [name for name, path in sources.items() if path is None]:
        raise CheckpointError(f"no checkpoint of {' and '.join(missing)} comes along: name it")
    for line in ship(given.bundle, sources, in_the_source_tree()):
        print(line)


if __name__ == "__main__":
    main()
