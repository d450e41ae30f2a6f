"""Whether a GIF or a PNG holds more than one picture; pure."""

from __future__ import annotations

from sspnet_sdk.images.picture_parts import png_chunks


def several_png_pictures(content: bytes) -> bool | None:
    """None: the content is cut off before it says."""
    for name, body in png_chunks(content):
        if name == b"acTL":
            return int.from_bytes(body[:4], "big") > 1
        if name == b"IDAT":
            return False
    return None


def several_gif_pictures(content: bytes) -> bool | None:
    """None: the content is cut off before it says."""
    frames = 0
    try:
        at = 13 + _table(content[10])
        while frames < 2:
            mark = content[at]
            if mark == 0x2C:
                frames += 1
                at += 11 + _table(content[at + 9])
            elif mark == 0x21:
                at += 2
            else:
                return False
            at = _after_blocks(content, at)
        return True
    except IndexError:
        return None


def _table(flags: int) -> int:
    """Bytes of the colour table that follows."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(content: bytes, at: int) -> int:
    while content[at]:
        at += 1 + content[at]
    return at + 1
