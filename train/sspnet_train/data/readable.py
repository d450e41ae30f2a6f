"""Files of a data set that other packages read: whatever these raise on a damaged one becomes one line that names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sspnet_train.errors import DataError


@contextmanager
def readable(path: Path, kind: str) -> Iterator[None]:
    """Read `path` in the block.

    Args:
        path: of the file.
        kind: what it should be, for the error: "annot.h5 of h36m-fetch".

    Raises:
        DataError: the block raised something else.
    """
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # h5py, SciPy and cdflib have no common one
        told = str(error).partition("\n")[0]
        raise DataError(f"{path} is damaged, or no {kind}: {type(error).__name__}{told and ': '}{told}") from None
