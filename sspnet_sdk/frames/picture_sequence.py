"""A folder of pictures as a video, in the order that people count in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import ImageError
from sspnet_sdk.images.file_kind import file_kind
from sspnet_sdk.images.image import open_image
from sspnet_sdk.images.picture_file import decode_picture


class PictureSequence:
    """Frames without times of their own: `Capture` gives them by its rate.

    Args:
        folder: whose pictures are the frames.
        files: these instead.

    Raises:
        ImageError: it holds no pictures.
    """

    fps = begin_s = duration_s = reached_s = None
    leaps, has_end = False, True
    damage = ""

    def __init__(self, folder: Path, files: Sequence[Path] = ()) -> None:
        self._files = list(files) or [path for path in in_natural_order(folder.iterdir()) if _is_frame(path)]
        if not self._files:
            raise ImageError(f"the folder {folder} holds no pictures")
        self.frames = len(self._files)

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], float | None]]:
        for path in self._files:
            yield open_image(path).bgr(), None

    def close(self) -> None:
        """Nothing is held open."""


class OnePicture:
    """A picture that came through a pipe, as a video of one frame."""

    fps = begin_s = duration_s = reached_s = None
    leaps, has_end, damage, frames = False, True, "", 1

    def __init__(self, content: bytes, name: str) -> None:
        self._pixels = decode_picture(content, name)

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], float | None]]:
        yield self._pixels, None

    def close(self) -> None:
        """Nothing is held open."""


def in_natural_order(paths: Iterator[Path] | Sequence[Path]) -> list[Path]:
    """2.jpg before 10.jpg."""
    return sorted(
        paths,
        key=lambda path: [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in re.split(r"(\d+)", path.name)],
    )


def _is_frame(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and file_kind(path) == "picture"
