"""Files that a long job writes piece by piece, each in one step. A killed job goes on where it was."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from sspnet_train.errors import TrainingError
from sspnet_train.whole_file import whole_file

WEBP_QUALITY = 82


class PictureTar:
    """Pictures in an open tar file."""

    def __init__(self, archive: tarfile.TarFile):
        self._archive = archive

    def add(self, name: str, image: np.ndarray) -> None:
        """Store an image (H, W, 3) uint8 RGB as WebP."""
        encoded = cv2.imencode(".webp", image[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])[1].tobytes()
        member = tarfile.TarInfo(name)
        member.size = len(encoded)
        self._archive.addfile(member, io.BytesIO(encoded))


@contextmanager
def picture_tar(path: Path) -> Iterator[PictureTar]:
    """A tar file that appears at `path` when it is complete."""
    with whole_file(path) as partial, tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as archive:
        yield PictureTar(archive)


def save_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """A compressed .npz that appears at `path` when it is complete."""
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def joined_arrays(parts: Sequence[Path]) -> dict[str, np.ndarray]:
    """The rows of several files of the same arrays, one after the other."""
    loaded = [load_arrays(part) for part in parts]
    return {name: np.concatenate([part[name] for part in loaded]) for name in loaded[0]}


def digest(path: Path) -> str:
    """Digest of a file's content, or of the names and sizes in a folder."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    entries = sorted(f"{file.relative_to(path)} {file.stat().st_size}" for file in path.rglob("*") if file.is_file())
    return hashlib.sha256("\n".join(entries).encode()).hexdigest()


def changed_settings(path: Path, description: dict) -> list[str]:
    """Which settings differ from those that an earlier run left at `path`, beside the parts (.npz) that it finished.

    A first run leaves its own there, and so does one after a run that finished no part.
    """
    if path.is_file() and any(path.parent.glob("*.npz")):
        try:
            before = dict(json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            raise TrainingError(f"{path} is damaged: it says how the parts beside it were made; take another folder") from None
        return sorted(name for name in description if before.get(name) != description[name])
    with whole_file(path) as partial:
        partial.write_text(json.dumps(description, indent=1))
    return []
