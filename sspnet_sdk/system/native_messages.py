"""What the decoders of pictures write to standard error by themselves, caught and told apart."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator

_STANDARD_ERROR = 2
# libjpeg's, libpng's, libtiff's through OpenCV's own log.
_THEIRS = (
    *("Corrupt JPEG", "Premature end of JPEG", "Inconsistent progression", "Invalid SOS", "Invalid Adobe", "Unknown Adobe"),
    *("Warning: unknown JFIF", "Application transferred", "libpng warning", "libpng error", "[ WARN:", "[ERROR:"),
)
_one_at_a_time = threading.Lock()


@contextlib.contextmanager
def native_messages() -> Iterator[list[str]]:
    """Gives a list that holds, when this ends, the lines that a decoder wrote inside; lines of others are passed on.

    Only one thread at a time is listened to: a second one decodes as if this were not here.
    """
    said: list[str] = []
    if not _one_at_a_time.acquire(blocking=False):
        yield said
        return
    try:
        with contextlib.ExitStack() as stack:
            try:
                held = stack.enter_context(tempfile.TemporaryFile())
                real = os.dup(_STANDARD_ERROR)
            except OSError:  # closed, or no room: nothing to catch, or nowhere to keep it
                yield said
                return
            stack.callback(os.close, real)
            os.dup2(held.fileno(), _STANDARD_ERROR)
            try:
                yield said
            finally:
                os.dup2(real, _STANDARD_ERROR)
                held.seek(0)
                _sort(held.read(), said)
    finally:
        _one_at_a_time.release()


def _sort(content: bytes, said: list[str]) -> None:
    others = b""
    for line in content.splitlines(keepends=True):
        if line.startswith(tuple(begin.encode() for begin in _THEIRS)):
            said.append(line.decode("utf-8", "replace").strip())
        elif line.strip():
            others += line
    if others:
        with contextlib.suppress(OSError):
            os.write(_STANDARD_ERROR, others)
