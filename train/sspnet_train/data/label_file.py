"""Labels in an .npz, read without trusting it: plain arrays of the shapes that are expected, or one line."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from sspnet_train.errors import DataError

_MOST_BYTES = 8 << 30  # unpacked

Shape = tuple[int | None, ...]
"""Of one row; None: any length."""


def read_labels(path: Path, rows: Mapping[str, Shape], optional: Iterable[str] = ()) -> dict[str, np.ndarray]:
    """The arrays of a label file, all with one entry a row.

    Args:
        path: an .npz file.
        rows: the arrays that must be there, and the shape of a row of each.
        optional: arrays that may be there too, one number or word a row.

    Raises:
        DataError: names the file and what is wrong with it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > _MOST_BYTES:
            raise DataError(f"{path} unpacks to {size:,} bytes: labels have {_MOST_BYTES:,} at most")
        with np.load(path, allow_pickle=False) as file:
            labels = {name: file[name] for name in (*rows, *(name for name in optional if name in file.files))}
    except (OSError, LookupError, ValueError, TypeError, EOFError, MemoryError, NotImplementedError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} is no .npz with the arrays {', '.join(rows)}: {error or 'out of memory'}") from None
    count = labels[next(iter(rows))].shape[:1] or (None,)
    for name, array in labels.items():
        wanted = (*count, *rows.get(name, ()))
        if array.ndim != len(wanted) or any(size not in (None, had) for size, had in zip(wanted, array.shape, strict=True)):
            raise DataError(f"{path}: {name} must have the shape {_shown(wanted)}, not {_shown(array.shape)}")
    return labels


def _shown(shape: Shape) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in shape)})"
