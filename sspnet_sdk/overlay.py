"""Overlays as files, with the same three methods as the writers in `formats`."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.capture import Capture
from sspnet_sdk.draw import Overlay, draw
from sspnet_sdk.errors import ImageError, OptionError, SSPNetError
from sspnet_sdk.files.staging import refuse_unwritable, staged, writing
from sspnet_sdk.files.video_file import VideoFile
from sspnet_sdk.frame import Frame, check_frame
from sspnet_sdk.given import given_path

_CHANNELS = ((), (1,), (3,), (4,))
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


class OverlayVideo:
    """The video with people drawn on it, each frame at its `Frame.time_s`, so that it runs at the speed of the source.

    Args:
        path, fps, sound: see `VideoFile`.
    """

    def __init__(self, path: str | os.PathLike[str], fps: float, sound: Capture | None = None) -> None:
        self._file = VideoFile(path, fps, sound)
        self._overlay = Overlay()
        self._begin_s: float | None = None
        self.files = [given_path(path)]

    def write(self, frame: Frame) -> None:
        """Draw and append the frame.

        Raises:
            OptionError: it is no `Frame`.
        """
        check_frame(frame)
        if frame.time_s is None:
            self._file.write(self._overlay.draw_frame(frame))
            return
        self._begin_s = frame.time_s if self._begin_s is None else self._begin_s
        self._file.write(self._overlay.draw_frame(frame), frame.time_s - self._begin_s)

    def close(self) -> None:
        """Complete the video."""
        self._file.close()

    def discard(self) -> None:
        """Leave what was there before."""
        self._file.discard()


class OverlayPicture:
    """One picture with its people drawn on it, to one path."""

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            raise OptionError(f"{path} is not a name for a picture: use {', '.join(IMAGE_SUFFIXES)}")
        refuse_unwritable(path)
        self._path, self.files = path, [path]
        self._drawn: NDArray[np.uint8] | None = None

    def write(self, frame: Frame) -> None:
        """Draw the picture.

        Raises:
            OptionError: it is not the first.
        """
        if self._drawn is not None:
            raise OptionError(f"{self._path} holds one picture, and {frame.source} gives more: name a video, such as .mp4")
        self._drawn = _drawn(frame)

    def close(self) -> None:
        """Write the picture."""
        if self._drawn is not None:
            write_image(self._path, self._drawn)

    def discard(self) -> None:
        """Leave what was there before."""


class OverlayPictures:
    """Pictures into a folder, each under its own name (`1.2.jpg` for the second 1.jpg); what cannot be written becomes PNG."""

    def __init__(self, folder: Path) -> None:
        if os.path.exists(folder) and not os.path.isdir(folder):
            raise OptionError(f"{folder} is a file: several pictures need a folder")
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._folder, self.files = folder, [folder]
        self._names: dict[str, str] = {}

    def write(self, frame: Frame) -> None:
        """Draw and write the picture at once."""
        write_image(self._folder / self._name(frame.source), _drawn(frame))

    def _name(self, source: str) -> str:
        stem, suffix = Path(source).stem, Path(source).suffix
        suffix = suffix if suffix.lower() in IMAGE_SUFFIXES else ".png"
        name, count = stem + suffix, 1
        while self._names.setdefault(name.casefold(), source) != source:
            count += 1
            name = f"{stem}.{count}{suffix}"
        return name

    def close(self) -> None:
        """Every picture is complete already."""

    def discard(self) -> None:
        """Pictures that were written stay: each is complete."""


def _drawn(frame: Frame) -> NDArray[np.uint8]:
    return draw(frame.image, [person.pose for person in frame.people])


def write_image(path: str | Path, image: NDArray[np.uint8]) -> None:
    """Encode an image by the path's suffix and write it, whole or not at all.

    Args:
        path: .jpg, .png, .webp or another kind that OpenCV writes; missing folders are made.
        image: (H, W, 3) uint8 BGR, (H, W) gray or (H, W, 4) with alpha.

    Raises:
        OptionError: OpenCV writes no pictures of this suffix, or `path` is no path.
        ImageError: the image is no such array.
        SSPNetError: names the file and what refused it.
    """
    path = given_path(path)
    if not cv2.haveImageWriter(f"_{path.suffix}"):
        raise OptionError(f"{path}: OpenCV here writes no such pictures: use {', '.join(IMAGE_SUFFIXES)}")
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.size == 0 or image.shape[2:] not in _CHANNELS:
        found = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise ImageError(f"cannot write {path}: expected an (H, W, 3) uint8 array, not {found}")
    try:
        encoded, content = cv2.imencode(path.suffix, image)
    except cv2.error as error:
        raise SSPNetError(f"cannot write {path}: {error.err}") from None
    if not encoded:
        raise SSPNetError(f"cannot write {path}: OpenCV could not encode {'x'.join(map(str, image.shape))} (height x width)")
    with staged(path) as part:
        part.write_bytes(content.tobytes())
