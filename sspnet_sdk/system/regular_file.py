"""Open a file that may be none: a pipe would wait for ever, a device never end."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO


class NotRegular(ValueError):
    """No regular file, or one larger than was said. The message goes on after the file's name."""


def opened(path: Path, most_bytes: int) -> BinaryIO:
    """The regular file at `path`, open to be read.

    Raises:
        NotRegular: it is something else, or larger than `most_bytes`.
        OSError: it cannot be opened.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe opens at once, and is refused
    descriptor = os.open(path, flags)
    state = os.fstat(descriptor)
    if stat.S_ISREG(state.st_mode) and state.st_size <= most_bytes:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if not stat.S_ISREG(state.st_mode):
        raise NotRegular("is not a regular file")
    raise NotRegular(f"is larger ({state.st_size:,} bytes) than the {most_bytes:,} bytes that it may have")
