"""What a file is, by its content; its name is asked only where the content is silent."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Literal

Kind = Literal["picture", "video", "other"]

_HEAD = 1 << 16
_PICTURES = (
    *(
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF8",
        b"BM",
        b"II*\0",
        b"MM\0*",
        b"\0\0\0\x0cjP  ",
        b"\xff\x4f\xff\x51",
        b"#?RADIANCE",
    ),
    *(b"\xff\x0a", b"\0\0\0\x0cJXL ", b"II+\0", b"MM\0+", b"IIRO", b"FUJIFILMCCD-RAW"),
    *(b"P%d%c" % (number, space) for number in range(1, 8) for space in b" \n\r\t"),
)
_VIDEOS = (
    *(b"\x1aE\xdf\xa3", b"FLV\x01", b"\0\0\x01\xba", b"\0\0\x01\xb3", b"0&\xb2u", b"OggS", b"YUV4MPEG2", b"\0\0\0\x01", b"DKIF"),
    *(b"\0\0\x01\x67", b"\0\0\x01\x40", b"#EXTM3U"),
)
_STILL_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"avif", b"avci", b"jpeg")
_MOVING_BRANDS = (b"avis", b"hevc", b"hevx", b"msf1")
_VIDEO_SUFFIXES = (
    ".mp4",
    ".m4v",
    ".mov",
    ".mkv",
    ".webm",
    ".avi",
    ".ts",
    ".mts",
    ".m2ts",
    ".mpg",
    ".mpeg",
    ".wmv",
    ".3gp",
    ".ogv",
    ".flv",
)
_PICTURE_SUFFIXES = (
    ".jpg",
    ".jpeg",
    ".png",
    ".webp",
    ".bmp",
    ".tif",
    ".tiff",
    ".gif",
    ".heic",
    ".heif",
    ".avif",
    ".jfif",
    ".jp2",
    ".dng",
)


def file_kind(path: Path) -> Kind:
    """Whether a file holds a picture or a video. GIF, PNG and AVIF that move are videos."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except (OSError, ValueError):
        head = b""
    return content_kind(head) or _by_suffix(path)


def content_kind(head: bytes) -> Kind | None:
    """The same of a file's first bytes; None if they do not say."""
    if is_animation(head):
        return "video"
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "picture"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "picture" if head[8:12] in _STILL_BRANDS and head[4:8] == b"ftyp" else "video"
    if head.startswith(_VIDEOS) or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
        return "video"
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:  # MPEG transport stream
        return "video"
    return "video" if len(head) > 388 and head[4] == head[196] == head[388] == 0x47 else None  # with time codes


def is_animation(head: bytes) -> bool:
    """A GIF, PNG or AVIF of more than one picture."""
    if head.startswith(b"GIF8"):
        return _gif_frames(head) > 1
    if head.startswith(b"\x89PNG"):
        return b"acTL" in head[:4096]
    return head[4:8] == b"ftyp" and head[8:12] in _MOVING_BRANDS


def is_animated_webp(head: bytes) -> bool:
    """No decoder that we use plays these."""
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and bool(head[20] & 2)


def _gif_frames(head: bytes) -> int:
    """Pictures in the head of a GIF, two at most; a first one that is longer than the head counts as all."""
    frames = 0
    try:
        at = 13 + (3 << (head[10] & 7) + 1 if head[10] & 0x80 else 0)
        while frames < 2:
            mark = head[at]
            if mark == 0x2C:
                frames += 1
                table = head[at + 9]
                at += 11 + (3 << (table & 7) + 1 if table & 0x80 else 0)
            elif mark == 0x21:
                if head[at + 1] == 0xFF and head[at + 3 : at + 14] == b"NETSCAPE2.0":  # it says that it repeats
                    return 2
                at += 2
            else:
                break
            while head[at]:
                at += 1 + head[at]
            at += 1
        return frames
    except IndexError:
        return max(frames, 1)


def is_raw_photo(content: bytes) -> bool:
    """A camera's raw file: a TIFF whose first picture is a preview, or that says it is one (DNG, NEF, ARW, CR2, …)."""
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    if content.startswith((b"IIRO", b"FUJIFILMCCD-RAW")) or content[8:10] == b"CR":
        return True
    if order is None or content[2:4] not in (b"*\0", b"\0*"):
        return False
    try:
        (at,) = struct.unpack_from(order + "I", content, 4)
        (count,) = struct.unpack_from(order + "H", content, at)
        entries = [struct.unpack_from(order + "HHII", content, at + 2 + 12 * entry) for entry in range(count)]
    except struct.error:
        return False
    return any(tag == 50706 or (tag == 254 and value & 1) for tag, _, _, value in entries)


def _by_suffix(path: Path) -> Kind:
    suffix = path.suffix.lower()
    return "video" if suffix in _VIDEO_SUFFIXES else "picture" if suffix in _PICTURE_SUFFIXES else "other"
