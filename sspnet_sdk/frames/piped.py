"""A source that can be read once only: standard input, a pipe, what a shell's <(…) gives."""

from __future__ import annotations

import shutil
import tempfile
from typing import IO, BinaryIO

from sspnet_sdk.images.file_kind import Kind, content_kind
from sspnet_sdk.images.picture_parts import box_size

_LEAST_HEAD, _MOST_HEAD = 1 << 10, 1 << 16


class Piped:
    """The file as decoders read it, from its first byte on, though we have looked at these.

    Attributes:
        count: bytes that were read.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._head, self._at = file, b"", 0
        while len(self._head) < _LEAST_HEAD and (more := _available(file)):
            self._head += more
        self.count = len(self._head)

    @property
    def head(self) -> bytes:
        """Its first bytes."""
        return self._head

    @property
    def kind(self) -> Kind | None:
        """What its first bytes say. GIF, which may move, and JPEG, which cameras send in a row, are videos."""
        return "video" if self._head.startswith((b"GIF8", b"\xff\xd8\xff")) else content_kind(self._head)

    @property
    def index_is_last(self) -> bool:
        """Whether it is an MP4 or MOV whose index follows the pictures, as phones write it: no frame can be read without."""
        at = 0
        while at + 8 <= len(self._head):
            name = self._head[at + 4 : at + 8]
            if name in (b"mdat", b"moov") or not name.isalpha():
                return name == b"mdat"
            at += max(box_size(self._head[at : at + 16], len(self._head) - at)[1], 8)
        return False

    def whole(self) -> IO[bytes]:
        """All of it in a temporary file, which can be read in any order and is gone once it is closed."""
        file = tempfile.TemporaryFile()  # noqa: SIM115, closed by its reader
        file.write(self.read(len(self._head)))
        shutil.copyfileobj(self._file, file)
        file.seek(0)
        return file

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, all that is left if negative; empty at the end."""
        begin = self._head[self._at :] if size < 0 else self._head[self._at : self._at + size]
        self._at += len(begin)
        if begin and size >= 0:
            return begin
        more = self._file.read() if size < 0 else _available(self._file, size)
        self.count += len(more)
        return begin + more


def _available(file: BinaryIO, size: int = _MOST_HEAD) -> bytes:
    """What is there now, without waiting for all of `size`."""
    read = getattr(file, "read1", file.read)
    return bytes(read(size) or b"")
