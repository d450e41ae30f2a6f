"""Which way up a picture is to be shown: what containers say of it, and turning pixels by it."""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

Turns = tuple[bool, bool, bool]
"""Swap rows and columns; then mirror left-right; then top-bottom."""

_UPRIGHT: Turns = (False, False, False)
# TIFF 6.0's tag 274, 1 to 8.
_BY_TAG: dict[int, Turns] = {
    1: _UPRIGHT,
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}
_ORIENTATION = 274


def oriented(pixels: NDArray[np.uint8], swap: bool, mirror: bool, flip: bool) -> NDArray[np.uint8]:
    """`pixels` (H, W) or (H, W, C), turned; contiguous."""
    if swap:
        pixels = pixels.swapaxes(0, 1)
    return np.ascontiguousarray(pixels[:: -1 if flip else 1, :: -1 if mirror else 1])


def display_turns(matrix: bytes) -> Turns:
    """A video's display matrix (nine 32-bit numbers [[a, b, u], [c, d, v], [x, y, w]]) as the nearest of the eight ways."""
    a, b, _, c, d = struct.unpack("<5i", matrix[:20])
    if abs(b) + abs(c) > abs(a) + abs(d):
        return True, c < 0, b < 0
    return False, a < 0, d < 0


def picture_turns(content: bytes) -> Turns:
    """What a picture's file says: EXIF in JPEG, PNG and WebP, `irot` and `imir` in AVIF; upright where it says nothing."""
    try:
        if content.startswith(b"\xff\xd8"):
            return _by_exif(_exif_of_jpeg(content))
        if content.startswith(b"\x89PNG"):
            return _by_exif(_chunk(content, 8, b"eXIf", ">", head_first=False))
        if content.startswith(b"RIFF"):
            return _by_exif(_chunk(content, 12, b"EXIF", "<", head_first=True))
        if content[4:8] == b"ftyp":
            return _by_boxes(content)
    except (struct.error, IndexError):  # cut off in the middle of what it says
        pass
    return _UPRIGHT


def _by_exif(exif: bytes) -> Turns:
    exif = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None:
        return _UPRIGHT
    (at,) = struct.unpack_from(order + "I", exif, 4)
    (count,) = struct.unpack_from(order + "H", exif, at)
    for entry in range(count):
        tag, _, _, value = struct.unpack_from(order + "HHIH", exif, at + 2 + 12 * entry)
        if tag == _ORIENTATION:
            return _BY_TAG.get(value, _UPRIGHT)
    return _UPRIGHT


def _exif_of_jpeg(content: bytes) -> bytes:
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != 0xDA:
        length = int.from_bytes(content[at + 2 : at + 4], "big")
        segment = content[at + 4 : at + 2 + length]
        if content[at + 1] == 0xE1 and segment.startswith(b"Exif\0\0"):
            return segment
        at += 2 + length
    return b""


def _chunk(content: bytes, at: int, name: bytes, order: str, head_first: bool) -> bytes:
    """The chunk `name` of a PNG (length, name, body, checksum) or RIFF file (name, length, body, padding)."""
    while at + 8 <= len(content):
        first, second = content[at : at + 4], content[at + 4 : at + 8]
        found, length = (first, second) if head_first else (second, first)
        (size,) = struct.unpack(order + "I", length)
        if found == name:
            return content[at + 8 : at + 8 + size]
        at += 8 + size + (size % 2 if head_first else 4)
    return b""


def _by_boxes(content: bytes) -> Turns:
    """AVIF: the primary item's `irot` (quarter turns to the left) and `imir`, from the item properties."""
    meta = _box(content, b"meta")[4:]
    properties = _box(meta, b"iprp")
    (primary,) = struct.unpack(">H", _box(meta, b"pitm")[4:6])
    listed = _boxes(_box(properties, b"ipco"))
    swap, mirror, flip = _UPRIGHT
    for index in _associations(_box(properties, b"ipma"), primary):
        kind, body = listed[index - 1]
        if kind == b"irot":
            for _ in range(body[0] & 3):
                swap, mirror, flip = not swap, flip, not mirror
        elif kind == b"imir":
            mirror, flip = (not mirror, flip) if body[0] & 1 else (mirror, not flip)
    return swap, mirror, flip


def _associations(ipma: bytes, item: int) -> list[int]:
    version, wide = ipma[0], bool(ipma[3] & 1)
    (count,), at = struct.unpack(">I", ipma[4:8]), 8
    for _ in range(count):
        (found,) = struct.unpack_from(">I" if version else ">H", ipma, at)
        at += 4 if version else 2
        entries, at = ipma[at], at + 1
        step = 2 if wide else 1
        values = [
            int.from_bytes(ipma[at + step * n : at + step * (n + 1)], "big") & (0x7FFF if wide else 0x7F) for n in range(entries)
        ]
        if found == item:
            return values
        at += step * entries
    return []


def _box(content: bytes, name: bytes) -> bytes:
    return next((body for found, body in _boxes(content) if found == name), b"")


def _boxes(content: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 0
    while at + 8 <= len(content):
        size, head = int.from_bytes(content[at : at + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(content[at + 8 : at + 16], "big"), 16
        size = len(content) - at if size == 0 else size
        if size < head:
            break
        found.append((content[at + 4 : at + 8], content[at + head : at + size]))
        at += size
    return found
