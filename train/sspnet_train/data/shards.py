"""Samples in shards: plain tar files as WebDataset writes them, read from a folder or through fsspec from an object store.

A sample is two members, `KEY.webp` and `KEY.json`. `index.json` beside the shards says how many samples each holds, and whose
joints they have where these are not COCO's. A training run keeps a window of shards in memory. As samples are drawn, the window
moves through all shards in a shuffled order. Seed and step alone decide that order, so a resumed run sees what an uninterrupted
one would. Each worker fetches each shard once per epoch.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from sspnet_train.data.sample import Definition, Sample, SampleSource
from sspnet_train.data.sample_record import decode_sample, encode_sample
from sspnet_train.errors import DataError
from sspnet_train.whole_file import whole_file

INDEX, DEFINITION = "index.json", "definition"
LAYOUT = (
    "index.json and shard-00000.tar, … (as sspnet_train.data.shards.write_shards leaves them), or such folders train/ and val/"
)
WINDOW = 4


def recognises(folder: Path) -> bool:
    return (folder / INDEX).is_file() or (folder / "train" / INDEX).is_file()


def shards(folder: Path | str, split: Literal["train", "val"]) -> SampleSource:
    """`FOLDER/train` or `FOLDER/val`. If a folder has neither, its last shard is `val`.

    FOLDER may be an address (s3://bucket/…).
    """
    base = str(folder).rstrip("/")
    apart = _fetch_if_there(f"{base}/{split}/{INDEX}")
    index = apart or _fetch_if_there(f"{base}/{INDEX}")
    if index is None:
        raise DataError(f"shards: expected {LAYOUT} in {base}")
    counts, definition = _content(index, base)
    names = sorted(counts)
    if not apart:
        names = names[:-1] if split == "train" else names[-1:]
    if not names:
        raise DataError(f"shards: {base} holds a single shard, which leaves none for {split}; write train/ and val/ apart")
    place = f"{base}/{split}" if apart else base
    stream = _Stream([f"{place}/{name}" for name in names], [counts[name] for name in names])
    return SampleSource(f"shards/{split}", sum(stream.counts), stream.read, stream.choose, definition)


def _content(index: bytes, base: str) -> tuple[dict[str, int], Definition]:
    """How many samples each shard holds, and whose joints they have."""
    try:
        counts = json.loads(index)
    except ValueError:
        counts = None
    definition: Any = counts.pop(DEFINITION, "coco") if isinstance(counts, dict) else None
    if definition not in get_args(Definition) or not all(type(count) is int and count > 0 for count in counts.values()):
        raise DataError(f"shards: {INDEX} in {base} is not what write_shards leaves: the number of samples of each shard")
    return counts, definition


class _Stream:
    """Shards at addresses. The last few stay in memory, compressed."""

    def __init__(self, addresses: list[str], counts: list[int]):
        self.addresses, self.counts, self.starts = addresses, counts, np.cumsum([0, *counts])
        self._open: OrderedDict[int, list[tuple[bytes, bytes]]] = OrderedDict()

    def read(self, index: int) -> Sample:
        shard = int(np.searchsorted(self.starts, index, side="right")) - 1
        return decode_sample(*self._members(shard)[index - int(self.starts[shard])])

    def choose(self, rng: np.random.Generator, drawn: int) -> int:
        """Any sample of the window that stands where `drawn` samples have been taken."""
        position = drawn // max(1, int(self.starts[-1]) // len(self.counts))
        shard = self._shard_at(position + int(rng.integers(min(WINDOW, len(self.counts)))))
        return int(self.starts[shard] + rng.integers(self.counts[shard]))

    def _shard_at(self, position: int) -> int:
        epoch, place = divmod(position, len(self.counts))
        return int(np.random.default_rng(epoch).permutation(len(self.counts))[place])

    def _members(self, shard: int) -> list[tuple[bytes, bytes]]:
        if shard not in self._open:
            self._open[shard] = _unpack(self.addresses[shard], self.counts[shard])
            while len(self._open) > WINDOW + 1:
                self._open.popitem(last=False)
        self._open.move_to_end(shard)
        return self._open[shard]


def _unpack(address: str, count: int) -> list[tuple[bytes, bytes]]:
    pictures: dict[str, bytes] = {}
    records: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(_fetch(address))) as archive:
            for member in archive:
                key, _, ending = member.name.partition(".")
                file = archive.extractfile(member)
                if file is not None:
                    (records if ending == "json" else pictures)[key] = file.read()
    except FileNotFoundError:
        raise DataError(f"shards: {address} is missing, which {INDEX} names") from None
    except (tarfile.TarError, EOFError) as error:
        raise DataError(f"shards: {address} is damaged: {str(error).partition(chr(10))[0]}") from None
    if len(records) != count or set(records) != set(pictures):
        raise DataError(f"shards: {address} holds {len(records)} samples and {len(pictures)} pictures, {INDEX} says {count}")
    return [(pictures[key], records[key]) for key in sorted(records)]


def write_shards(source: SampleSource, folder: Path, per_shard: int = 1000) -> int:
    """Write every sample of a source. `index.json` comes last, so a folder that has one is complete.

    Returns:
        The number of shards.
    """
    counts: dict[str, int] = {}
    (folder / INDEX).unlink(missing_ok=True)  # of shards that are replaced now
    for first in range(0, len(source), per_shard):
        rows = range(first, min(first + per_shard, len(source)))
        name = f"shard-{len(counts):05d}.tar"
        with whole_file(folder / name) as partial, tarfile.open(partial, "w") as archive:
            for row in rows:
                picture, record = encode_sample(source[row])
                _add(archive, f"{row:09d}.webp", picture)
                _add(archive, f"{row:09d}.json", record)
        counts[name] = len(rows)
    index = counts if source.definition == "coco" else {**counts, DEFINITION: source.definition}
    with whole_file(folder / INDEX) as partial:
        partial.write_text(json.dumps(index, indent=1))
    return len(counts)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _fetch_if_there(address: str) -> bytes | None:
    try:
        return _fetch(address)
    except FileNotFoundError:
        return None


def _fetch(address: str) -> bytes:
    """What stands at an address.

    Raises:
        FileNotFoundError: nothing.
        DataError: it cannot be read, or takes a package that is missing.
    """
    try:
        return _opened(address) if "://" in address else Path(address).read_bytes()
    except (FileNotFoundError, DataError):
        raise
    except Exception as error:  # every store has its own
        told = str(error).partition("\n")[0] or type(error).__name__
        raise DataError(f"shards: {address} cannot be read: {told}") from None


def _opened(address: str) -> bytes:
    try:
        import fsspec
    except ImportError:
        raise DataError(f"{address}: addresses need fsspec (and s3fs, gcsfs, … for your store): pip install fsspec") from None
    with fsspec.open(address, "rb") as file:
        return bytes(file.read())
