"""Standard error that may be closed, or whose reader may go away, without ending the run."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from typing import Any

_STANDARD_ERROR = 2


class _Unbreakable(io.RawIOBase):
    """Descriptor 2; what nobody reads is dropped."""

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return _STANDARD_ERROR

    def isatty(self) -> bool:
        return os.isatty(_STANDARD_ERROR)

    def write(self, content: Any) -> int:
        with contextlib.suppress(OSError):
            return os.write(_STANDARD_ERROR, content)
        return len(content)


class _Closed(io.TextIOBase):
    """A standard output that was closed from the start: what is meant for it cannot be written, which is an error."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "standard output is closed")


def keep_standard_error() -> None:
    """From now on messages never fail: a run's result does not depend on who reads them.

    Standard descriptors that are closed are opened on the null device, so that no file of ours gets their numbers.
    """
    null = os.open(os.devnull, os.O_RDWR)
    while null < _STANDARD_ERROR:
        null = os.dup(null)
    if null > _STANDARD_ERROR:
        os.close(null)
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None or _is_descriptor(sys.stderr):
        sys.stderr = io.TextIOWrapper(
            io.BufferedWriter(_Unbreakable()),
            encoding=getattr(sys.stderr, "encoding", None) or "utf-8",
            errors="backslashreplace",
            line_buffering=True,
            write_through=True,
        )


def _is_descriptor(stream: Any) -> bool:
    """Whether this is the process's own standard error, not what a test or a notebook put there."""
    try:
        return bool(stream.fileno() == _STANDARD_ERROR)
    except (OSError, ValueError, AttributeError):
        return False
