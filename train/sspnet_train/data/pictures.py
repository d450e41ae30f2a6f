"""Single pictures and frames of videos, as (H, W, 3) uint8 RGB."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from sspnet_train.errors import DataError
from sspnet_train.whole_file import whole_file

OPEN_VIDEOS = 16
JPEG_QUALITY = 85


class Frames(Protocol):
    """The pictures of one recording; frames count from 0."""

    def read(self, frame: int) -> np.ndarray: ...

    def has(self, frame: int) -> bool: ...


def read_picture(path: Path) -> np.ndarray:
    """A picture (H, W, 3) uint8 RGB, upright.

    OpenCV gets its bytes: by itself, it opens no path with other letters than the system's own on Windows.

    Raises:
        DataError: it is missing, or no image.
    """
    try:
        image = cv2.imdecode(np.frombuffer(path.read_bytes() or b"\0", np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        image = None
    if image is None:
        raise DataError(f"{path} is {'not a readable image' if path.exists() else 'missing'}")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def write_jpeg(path: Path, image: np.ndarray) -> None:
    """Write an image (H, W, 3) uint8 RGB."""
    encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    with whole_file(path) as partial:
        partial.write_bytes(encoded.tobytes())


class PictureFolder:
    """Extracted frames: every picture whose name ends in a number.

    They count from 1, as ffmpeg and the data sets' own tools do.
    """

    def __init__(self, folder: Path):
        numbered = (
            (re.search(r"(\d+)$", path.stem), path) for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".png")
        )
        self._paths = {int(number.group(1)) - 1: path for number, path in numbered if number}

    def has(self, frame: int) -> bool:
        return frame in self._paths

    def read(self, frame: int) -> np.ndarray:
        return read_picture(self._paths[frame])


class Video:
    """A video file, read by seeking."""

    def __init__(self, path: Path):
        self.path = path

    def has(self, frame: int) -> bool:
        return frame >= 0

    def read(self, frame: int) -> np.ndarray:
        capture = _open_video(self.path)
        if int(capture.get(cv2.CAP_PROP_POS_FRAMES)) != frame:
            capture.set(cv2.CAP_PROP_POS_FRAMES, frame)
        found, image = capture.read()
        if not found:
            raise DataError(f"{self.path} has no frame {frame}")
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


@lru_cache(maxsize=OPEN_VIDEOS)
def _open_video(path: Path) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise DataError(f"{path} is {'not a readable video' if path.exists() else 'missing'}")
    return capture


def frames_at(places: Sequence[Path]) -> Frames | None:
    """The first of some folders or video files that exists."""
    for place in places:
        if place.is_dir():
            return PictureFolder(place)
        if place.is_file():
            return Video(place)
    return None
