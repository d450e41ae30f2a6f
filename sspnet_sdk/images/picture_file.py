"""A picture's file, decoded by what it holds: upright, whole, or refused in one line."""

from __future__ import annotations

import io
import logging
import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import ImageError
from sspnet_sdk.images.display import oriented, picture_turns
from sspnet_sdk.images.file_kind import content_kind, is_animated_webp, is_raw_photo, no_media
from sspnet_sdk.images.picture_parts import jpeg_segments, png_chunks
from sspnet_sdk.system.native_messages import native_messages

logger = logging.getLogger("sspnet_sdk")

_NO_FRAMES = (0xC4, 0xC8, 0xCC)  # tables, and a marker that is reserved
_DAMAGE = ("Corrupt JPEG", "Premature end of JPEG", "Inconsistent progression")
_AS_STORED = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


def decode_picture(content: bytes, name: str) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 BGR, turned as its file says.

    Raises:
        ImageError: begins with `name`, and says what the file is and what helps.
    """
    if not content:
        raise ImageError(f"{name} is empty")
    if _is_truncated(content):
        raise ImageError(f"{name} is truncated: the end of the image is missing")
    if is_raw_photo(content):
        raise ImageError(f"{name} is a camera's raw file: export it as JPEG first")
    if is_animated_webp(content):
        raise ImageError(f"{name} is an animated WebP, which no decoder here plays: convert it to .mp4 first")
    if content_kind(content) == "video":
        raise ImageError(f"{name} is a video or an animation, not a picture: use sspnet_sdk.stream or sspnet-sdk predict")
    if content.startswith((b"PF\n", b"Pf\n")):
        raise ImageError(f"{name} is a PFM file, whose pixels have no white: save it as PNG first")
    if _is_heif(content):
        return _by_pillow(content, name)
    return _by_opencv(content, name)


def _is_heif(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and b"avif" not in content[8:40]


def _by_pillow(content: bytes, name: str) -> NDArray[np.uint8]:
    """HEIC, of which OpenCV and FFmpeg give a single tile."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError
        from pillow_heif import register_heif_opener
    except ImportError:
        raise ImageError(f"{name} is a HEIC photo: pip install pillow-heif reads it, or export it as JPEG") from None
    register_heif_opener()
    try:
        upright = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    except UnidentifiedImageError:
        raise ImageError(f"{name} is a HEIF photo of a kind that pillow-heif cannot read, or it is damaged") from None
    except Exception as error:  # the decoder raises errors of many kinds
        raise ImageError(f"{name} is a HEIC photo that is damaged ({error})") from None
    return np.ascontiguousarray(np.asarray(upright)[:, :, ::-1])


def _by_opencv(content: bytes, name: str) -> NDArray[np.uint8]:
    try:
        with native_messages() as said:
            pixels: Any = cv2.imdecode(np.frombuffer(content, np.uint8), _AS_STORED)
    except cv2.error as error:
        too_large = f"{name} says that it has more pixels than OpenCV reads: make it smaller, or it is damaged"
        raise ImageError(too_large if "CV_IO_MAX" in error.err else f"cannot decode {name}: {error.err}") from None
    if pixels is None:
        if instead := no_media(content):
            raise ImageError(f"{name} is {instead}, not an image")
        raise ImageError(f"{name} is not an image that OpenCV can decode, or it is damaged{_hint(content)}")
    if damage := next((line for line in said if line.startswith(_DAMAGE)), None):
        logger.warning("%s is damaged, and read as far as it goes (%s)", name, damage)
    if (count := _pictures(content)) > 1:
        logger.warning("%s holds %d pictures: only the first is read", name, count)
    return oriented(pixels, *picture_turns(content))


def _pictures(content: bytes) -> int:
    if content.startswith(b"\xff\xd8"):
        return _jpegs_in_a_row(content)
    return _tiff_pages(content) if content[:4] in (b"II*\0", b"MM\0*") else 1


def _hint(content: bytes) -> str:
    if content[4:12] == b"ftypavif":
        return " (AVIF: newer builds of OpenCV read it; or export it as JPEG)"
    if content.startswith((b"\xff\x0a", b"\0\0\0\x0cJXL ")):
        return " (JPEG XL: export it as JPEG)"
    return " (GIF: save it as PNG)" if content.startswith(b"GIF8") else ""


def _tiff_pages(content: bytes) -> int:
    """Pictures in a TIFF that are no previews of others."""
    order, pages, seen = "<" if content[:2] == b"II" else ">", 0, set[int]()
    try:
        (at,) = struct.unpack_from(order + "I", content, 4)
        while at and at not in seen:
            seen.add(at)
            (count,) = struct.unpack_from(order + "H", content, at)
            entries = [struct.unpack_from(order + "HHII", content, at + 2 + 12 * entry) for entry in range(count)]
            pages += not any(tag == 254 and value & 1 for tag, _, _, value in entries)
            (at,) = struct.unpack_from(order + "I", content, at + 2 + 12 * count)
    except struct.error:
        pass
    return pages


def _is_truncated(content: bytes) -> bool:
    """True for a JPEG or PNG whose end marker is missing: decoders paint what is lost grey, or print warnings of their own."""
    if content.startswith(b"\x89PNG\r\n"):
        return all(name != b"IEND" for name, _ in png_chunks(content))
    return content.startswith(b"\xff\xd8") and _end_of_jpeg(content) is None


def _end_of_jpeg(content: bytes, at: int = 0) -> int | None:
    """Where the JPEG that begins at `at` ends; thumbnails with end markers of their own lie in the segments before its scan."""
    scan = max((segment.end for segment in jpeg_segments(content, at)), default=at + 2)
    end = content.find(b"\xff\xd9", scan)
    return None if end < 0 else end + 2


def _jpegs_in_a_row(content: bytes) -> int:
    """Pictures of one size, one after the other: a video without a container. Phones append smaller ones (depth, brightness)."""
    first, count, at = _jpeg_size(content, 0), 0, 0
    while content.startswith(b"\xff\xd8\xff", at) and _jpeg_size(content, at) == first:
        if any(segment.marker == 0xE2 and segment.body.startswith(b"MPF\0") for segment in jpeg_segments(content, at)):
            return 1  # an MPO: the other eye's picture
        count, end = count + 1, _end_of_jpeg(content, at)
        if end is None:
            break
        at = end
    return count


def _jpeg_size(content: bytes, at: int) -> bytes | None:
    frames = (one.body[1:5] for one in jpeg_segments(content, at) if 0xC0 <= one.marker <= 0xCF and one.marker not in _NO_FRAMES)
    return next(frames, None)
