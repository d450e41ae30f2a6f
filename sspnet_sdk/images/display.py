"""Which way up a picture is to be shown: what containers say of it, and turning pixels by it."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.images.picture_parts import boxes, jpeg_segments, png_chunks, riff_chunks

Turns = tuple[bool, bool, bool]
"""Swap rows and columns; then mirror left-right; then top-bottom."""

_UPRIGHT: Turns = (False, False, False)
BY_TAG: dict[int, Turns] = {
    1: _UPRIGHT,
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}
"""By TIFF 6.0's tag 274, 1 to 8."""
_ORIENTATION = 274
_NUMBERS = {1: "B", 3: "H", 4: "I"}  # EXIF's byte, short and long


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
            return _by_exif(_first(png_chunks(content), b"eXIf"))
        if content.startswith(b"RIFF"):
            return _by_exif(_first(riff_chunks(content), b"EXIF"))
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
        tag, form = struct.unpack_from(order + "HH", exif, at + 2 + 12 * entry)
        if tag == _ORIENTATION:
            (value,) = struct.unpack_from(order + _NUMBERS.get(form, "H"), exif, at + 10 + 12 * entry)
            return BY_TAG.get(value, _UPRIGHT)
    return _UPRIGHT


def _exif_of_jpeg(content: bytes) -> bytes:
    found = (one.body for one in jpeg_segments(content) if one.marker == 0xE1 and one.body.startswith(b"Exif\0\0"))
    return next(found, b"")


def _first(parts: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes:
    return next((body for found, body in parts if found == name), b"")


def _by_boxes(content: bytes) -> Turns:
    """AVIF: the primary item's `irot` (quarter turns to the left) and `imir`, from the item properties."""
    meta = boxes(_first(boxes(content), b"meta")[4:])
    properties = boxes(_first(meta, b"iprp"))
    primary = int.from_bytes(_first(meta, b"pitm")[4:8], "big")  # two bytes, or four in version 1
    listed = boxes(_first(properties, b"ipco"))
    swap, mirror, flip = _UPRIGHT
    for index in _associations(_first(properties, b"ipma"), primary):
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
