"""What a caller may hand in as an image, and one clear line for everything else."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import ImageError, OptionError
from sspnet_sdk.given import is_word
from sspnet_sdk.images.picture_file import decode_picture

SMALLEST_SIDE = 8
_MOST_BYTES, _PIECE = 1 << 30, 1 << 24
_TO_RGBA = {
    ("bgr", 1): cv2.COLOR_GRAY2RGBA,
    ("rgb", 1): cv2.COLOR_GRAY2RGBA,
    ("bgr", 3): cv2.COLOR_BGR2RGBA,
    ("rgb", 3): cv2.COLOR_RGB2RGBA,
    ("bgr", 4): cv2.COLOR_BGRA2RGBA,
    ("rgb", 4): None,
}
_TO_BGR = {
    None: cv2.COLOR_RGBA2BGR,
    cv2.COLOR_GRAY2RGBA: cv2.COLOR_GRAY2BGR,
    cv2.COLOR_RGB2RGBA: cv2.COLOR_RGB2BGR,
    cv2.COLOR_BGRA2RGBA: cv2.COLOR_BGRA2BGR,
}


@dataclass(frozen=True)
class Image:
    """A checked image: `pixels` (H, W) or (H, W, 3 or 4) uint8 as the caller gave them, and OpenCV's code for RGBA.

    Width and height in pixels.
    """

    pixels: NDArray[np.uint8]
    to_rgba: int | None

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def bgr(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 BGR; `pixels` themselves where they are that."""
        if self.to_rgba == cv2.COLOR_BGR2RGBA:
            return self.pixels
        return np.asarray(cv2.cvtColor(self.pixels, _TO_BGR[self.to_rgba]), np.uint8)


def is_one_picture(images: Any) -> TypeGuard[NDArray[Any]]:
    """Whether an array is one picture (H, W, 3 or 4), where several are asked for."""
    return isinstance(images, np.ndarray) and images.ndim < 4 and images.shape[-1:] in ((3,), (4,))


def check_color(color: Any) -> str:
    """`color` if it names a channel order that arrays may come in, else an `OptionError`."""
    if not is_word(color, ("bgr", "rgb")):
        raise OptionError(f"color must be 'bgr' or 'rgb', not {color!r:.80}")
    return str(color)


def open_image(source: Any, color: str = "bgr") -> Image:
    """Check an image without copying it.

    Args:
        source: uint8 array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), a fourth channel being alpha; the path of an image file;
            its content as bytes, or a binary file that gives them; a PIL image, in its own pixels; an `Image`, given back.
        color: channel order of arrays, "bgr" as OpenCV reads them or "rgb"; the others know theirs.

    Raises:
        ImageError: names what was found and what would be right.
    """
    if isinstance(source, np.ndarray):
        return _image(source, color)
    if isinstance(source, Image):
        return source
    if isinstance(source, (str, os.PathLike)):
        path = os.fsdecode(source)
        if "://" in path and not os.path.exists(path):
            raise ImageError(f"{path} is an address and not fetched: pass the content, as urllib.request.urlopen gives it")
        return _decoded(_read(Path(path)), path)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _decoded(bytes(source), "the content")
    if hasattr(source, "read"):
        name = getattr(source, "name", None)  # a number of open(0), None of a SpooledTemporaryFile
        return _decoded(_content(source), name if isinstance(name, str) and name else "the content")
    if type(source).__module__.partition(".")[0] == "PIL" and hasattr(source, "convert"):
        return _from_pil(source)
    raise ImageError(f"expected an image as a numpy array, a path, bytes, a file or a PIL image, not {_kind(source)}")


def _content(file: Any) -> bytes:
    try:
        content = file.read()
    except Exception as error:  # a response, a member of an archive, a bucket's body: each breaks off with an error of its own
        raise ImageError(f"cannot read the image's file: {str(error) or type(error).__name__}") from error
    if not isinstance(content, bytes):
        raise ImageError(f"expected a file of bytes, open(path, 'rb'), not one that gives {_kind(content)}")
    return content


def _from_pil(source: Any) -> Image:
    if source.mode in ("I", "F") or source.mode.startswith("I;"):
        numbers = np.empty(0, np.uint16 if source.mode.startswith("I") else np.float32)
        hint = _dtype_hint(numbers, "numpy.asarray(img)")
        raise ImageError(f"expected a PIL image of 8 bits a channel, not one of mode {source.mode!r}{hint}")
    try:
        pixels = np.asarray(source.convert("RGB"))
    except Exception as error:  # PIL decodes now; each of its formats raises errors of its own, and a closed one an empty one
        closed = isinstance(error, (AssertionError, AttributeError))
        why = "its file was closed before img.load()" if closed else str(error).lower()
        raise ImageError(f"cannot decode the PIL image: {why}") from error
    return _image(pixels, "rgb")


def _decoded(content: bytes, name: str) -> Image:
    pixels = decode_picture(content, name)
    try:
        return _image(pixels, "bgr")
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from None


def _image(pixels: NDArray[Any], color: str) -> Image:
    pixels = _checked(pixels)
    return Image(pixels, _TO_RGBA[color, 1 if pixels.ndim == 2 else pixels.shape[2]])


def _kind(source: Any) -> str:
    if source is None:
        return "None (cv2.imread gives None for a file it cannot read)"
    kind = f"{type(source).__module__}.{type(source).__qualname__}".removeprefix("builtins.")
    if kind in ("list", "tuple"):
        return f"{kind}: pass numpy.asarray(image, numpy.uint8); several images go to predict_batch"
    if hasattr(source, "get_data"):  # pyrealsense2
        return f"{kind}: pass numpy.asanyarray(frame.get_data())"
    if kind.startswith("torch."):
        return f"{kind}: pass an (H, W, 3) uint8 array, tensor.cpu().numpy()"
    return kind


def _checked(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    shape = pixels.shape
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)):
        hint = _shape_hint(shape)
        raise ImageError(f"expected an image of shape (H, W), (H, W, 3) or (H, W, 4), not {pixels.shape}{hint}")
    if pixels.dtype != np.uint8:
        raise ImageError(f"expected uint8 pixels (0..255), not {pixels.dtype}{_dtype_hint(pixels)}")
    if min(pixels.shape[:2]) < SMALLEST_SIDE:
        raise ImageError(
            f"the image is {'x'.join(map(str, shape))} (height x width): each side must be at least {SMALLEST_SIDE} pixels"
        )
    return pixels if _readable_in_place(pixels) else np.ascontiguousarray(pixels)


def _shape_hint(shape: tuple[int, ...]) -> str:
    if len(shape) == 3 and shape[0] in (1, 3, 4):
        return ": channels come last, img.transpose(1, 2, 0)"
    if len(shape) == 4:
        return ": one image at a time, img[0]"
    return ""


def _dtype_hint(pixels: NDArray[Any], img: str = "img") -> str:
    if pixels.dtype.kind == "f":
        return f": convert it first, ({img} * 255).clip(0, 255).astype(numpy.uint8) if it is in 0..1"
    if pixels.dtype == np.uint16:
        return f": convert it first, ({img} >> 8).astype(numpy.uint8)"
    if pixels.dtype == np.bool_:
        return f": convert it first, {img}.astype(numpy.uint8) * 255"
    return ""


def _readable_in_place(pixels: NDArray[np.uint8]) -> bool:
    """OpenCV reads rows of packed pixels; views that mirror, swap channels or repeat pixels are copied."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    packed = pixels.strides[1] == channels and (pixels.ndim == 2 or pixels.strides[2] == 1)
    return packed and pixels.strides[0] >= pixels.shape[1] * channels


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            if stat.S_ISCHR(os.fstat(file.fileno()).st_mode):
                raise ImageError(f"{path} is a device, not an image")
            content = _bounded(file) if os.fstat(file.fileno()).st_size <= _MOST_BYTES else None
    except OSError as error:
        raise ImageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:  # a NUL in the name
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"cannot read {str(path)!r}: {error}") from None
    if content is None:
        raise ImageError(f"{path} is larger than {_MOST_BYTES >> 30} GiB: that is no image")
    return content


def _bounded(file: BinaryIO) -> bytes | None:
    """All of it, piece by piece, since a pipe may never end; None if that is too much."""
    content = bytearray()
    while piece := file.read(_PIECE):
        content += piece
        if len(content) > _MOST_BYTES:
            return None
    return bytes(content)
