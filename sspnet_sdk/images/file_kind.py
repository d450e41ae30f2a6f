"""What a file is, by its content; its name is asked only where the content is silent."""

from __future__ import annotations

import codecs
import io
import struct
from pathlib import Path
from typing import BinaryIO, Literal

from sspnet_sdk.images.animation import several_gif_pictures, several_png_pictures
from sspnet_sdk.images.picture_parts import box_size

Kind = Literal["picture", "video", "other"]

_HEAD = 1 << 16
_TELLS_TEXT = 4096
_LAYOUT = "\t\n\r\f\ufeff"
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
_RAW_BRAND = b"crx "  # Canon's CR3
_MOST_BOXES = 64
_SUFFIXES_OF_JPEGS_IN_A_ROW = (".mjpeg", ".mjpg")
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
    """Whether a file holds a picture or a video. GIF, PNG, AVIF and HEIF that move are videos; pipes and devices are "other"."""
    kind: Kind | None = None
    try:
        if path.exists() and not path.is_file():
            return "other"  # looking at it would take its first bytes away
        with path.open("rb") as file:
            kind = _kind(file)
    except (OSError, ValueError):
        pass
    if kind == "picture" and path.suffix.lower() in _SUFFIXES_OF_JPEGS_IN_A_ROW:
        return "video"
    return kind or _by_suffix(path)


def open_file_kind(file: BinaryIO) -> Kind | None:
    """The same of an open file that can be read twice; None if its content does not say."""
    at = file.tell()
    kind = _kind(file)
    file.seek(at)
    return kind


def content_kind(content: bytes) -> Kind | None:
    """The same of a file's content; None if it does not say."""
    return _kind(io.BytesIO(content))


def no_media(content: bytes) -> str | None:
    """What a file is, by its first bytes, that can hold no picture at all; None if it might."""
    if not content:
        return "empty"
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(content[:_TELLS_TEXT])  # the last letter may be cut off
    except UnicodeDecodeError:
        return None
    return "a text file" if all(letter.isprintable() or letter in _LAYOUT for letter in text) else None


def _kind(file: BinaryIO) -> Kind | None:
    head = file.read(_HEAD)
    if head.startswith((b"GIF8", b"\x89PNG")):
        return "video" if _moves(head, file) else "picture"
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "picture"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return _kind_of_boxes(head, file)
    if head.startswith(_VIDEOS) or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
        return "video"
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:  # MPEG transport stream
        return "video"
    return "video" if len(head) > 388 and head[4] == head[196] == head[388] == 0x47 else None  # with time codes


def _moves(head: bytes, file: BinaryIO) -> bool:
    """Whether a GIF or PNG holds more than one picture; its head nearly always says."""
    several = several_gif_pictures if head.startswith(b"GIF8") else several_png_pictures
    answer = several(head)
    return bool(answer if answer is not None else several(head + file.read()))


def _kind_of_boxes(head: bytes, file: BinaryIO) -> Kind:
    """ISO media: a video has `moov`, a still picture `meta` alone; brands decide where the file is cut off before either."""
    found, at, end = set[bytes](), 0, file.seek(0, io.SEEK_END)
    while at + 8 <= end and len(found) < _MOST_BOXES and b"moov" not in found:
        file.seek(at)
        begin = file.read(16)
        found.add(begin[4:8])
        at += max(box_size(begin, end - at)[1], 8)
    if b"moov" in found:
        return "picture" if head[8:12] == _RAW_BRAND else "video"
    if b"meta" in found and (at == end or head[8:12] not in _MOVING_BRANDS):
        return "picture"
    return "picture" if head[8:12] in _STILL_BRANDS and head[4:8] == b"ftyp" else "video"


def is_animated_webp(head: bytes) -> bool:
    """No decoder that we use plays these."""
    return head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X" and bool(head[20] & 2)


def is_raw_photo(content: bytes) -> bool:
    """A camera's raw file: a TIFF whose first picture is a preview, or that says it is one (DNG, NEF, ARW, CR2, CR3, …)."""
    order = {b"II": "<", b"MM": ">"}.get(content[:2])
    if content.startswith((b"IIRO", b"FUJIFILMCCD-RAW")) or content[8:10] == b"CR" or content[4:12] == b"ftyp" + _RAW_BRAND:
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
