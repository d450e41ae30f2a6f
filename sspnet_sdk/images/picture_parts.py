"""The parts of picture containers: segments of JPEG, chunks of PNG and RIFF, boxes of ISO media; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length: TEM, RST0 to RST7, SOI


@dataclass(frozen=True)
class Segment:
    """A JPEG marker and what it holds; `end` is where the next one begins."""

    marker: int
    body: bytes
    end: int


def jpeg_segments(content: bytes, at: int = 0) -> Iterator[Segment]:
    """Segments of the JPEG that begins at `at`, up to its first scan (marker 0xDA, included)."""
    at += 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # fill bytes may stand before any marker
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        yield Segment(marker, content[at + 4 : at + 2 + length], at + 2 + length)
        if marker == 0xDA:
            return
        at += 2 + max(length, 2)


def png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each chunk of a PNG; the last one may be cut off."""
    yield from _chunks(content, 8, "big")


def riff_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each chunk of a RIFF file (WebP); the last one may be cut off."""
    yield from _chunks(content, 12, "little")


def _chunks(content: bytes, at: int, order: str) -> Iterator[tuple[bytes, bytes]]:
    """PNG: length, name, body, checksum; RIFF: name, length, body, padding to an even length."""
    png = order == "big"
    while at + 8 <= len(content):
        first, second = content[at : at + 4], content[at + 4 : at + 8]
        size = int.from_bytes(first if png else second, "big" if png else "little")
        yield second if png else first, content[at + 8 : at + 8 + size]
        at += 8 + size + (4 if png else size % 2)


def boxes(content: bytes) -> list[tuple[bytes, bytes]]:
    """Name and body of each box; the last one may be cut off."""
    found, at = [], 0
    while at + 8 <= len(content):
        head, size = box_size(content[at : at + 16], len(content) - at)
        if size < head:
            break
        found.append((content[at + 4 : at + 8], content[at + head : at + size]))
        at += size
    return found


def box_size(begin: bytes, rest: int) -> tuple[int, int]:
    """Bytes of a box's head, and of all of it, from its first 16 bytes; `rest`: what the file has from there on."""
    size = int.from_bytes(begin[:4], "big")
    if size == 1:
        return 16, int.from_bytes(begin[8:16], "big")
    return 8, rest if size == 0 else size
