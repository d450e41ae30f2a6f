"""Files of training appear under their own name when they are complete, or not at all. What the system refuses is one line."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sspnet_sdk.errors import SSPNetError
from sspnet_train.errors import TrainingError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A sibling of `path` to write to, with the same ending. It takes that name when the block ends well, and vanishes otherwise.

    Missing folders are made.

    Raises:
        TrainingError: the system refuses (a full disk, no permission).
    """
    partial = path.with_name(f".{path.name}.part{path.suffix}")
    with refusals_in_one_line(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield partial
            os.replace(partial, path)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise


@contextmanager
def refusals_in_one_line(path: Path) -> Iterator[None]:
    """Turn what the system refuses while `path` is written into one line that names it.

    PyTorch, NumPy and tarfile complain once more as they close a file on a full disk; the system's own words are behind that.

    Raises:
        TrainingError: the system refuses.
    """
    try:
        yield
    except SSPNetError:
        raise
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, OSError):
            cause = cause.__context__
        if cause is None:
            raise
        raise TrainingError(f"cannot write {path}: {(cause.strerror or str(cause)).lower()}") from error
