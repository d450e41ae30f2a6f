"""Overlays as files, with the same three methods as the writers in `formats`."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.draw import Overlay, draw
from sspnet_sdk.errors import OptionError, SSPNetError
from sspnet_sdk.frame import Frame
from sspnet_sdk.staging import StagedFile, writing
from sspnet_sdk.video_file import VideoFile

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


class OverlayVideo:
    """The video with people drawn on it.

    Args:
        path: see `VideoFile`.
        fps: frame rate of the file.
        keep_time: repeat frames so that the video runs at the speed of `Frame.time_s`, for cameras whose frames were dropped.
    """

    def __init__(self, path: Path, fps: float, keep_time: bool = False) -> None:
        self._file, self._fps, self._keep_time = VideoFile(path, fps), fps, keep_time
        self._overlay = Overlay()
        self._begin_s: float | None = None
        self.files = [path]
        self._last: NDArray[np.uint8] | None = None

    def write(self, frame: Frame) -> None:
        """Draw and append the frame."""
        drawn = self._overlay.draw_frame(frame)
        if self._keep_time and frame.time_s is not None:
            self._begin_s = frame.time_s if self._begin_s is None else self._begin_s
            due = round((frame.time_s - self._begin_s) * self._fps)
            while self._last is not None and self._file.frames < due:
                self._file.write(self._last)
            if self._file.frames > due:
                return
        self._file.write(drawn)
        self._last = drawn

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
        StagedFile(path)
        self._path, self.files = path, [path]

    def write(self, frame: Frame) -> None:
        """Draw and write the picture at once."""
        write_image(self._path, draw(frame.image, [person.pose for person in frame.people]))

    def close(self) -> None:
        """The picture is complete already."""

    def discard(self) -> None:
        """The picture is complete already."""


class OverlayPictures:
    """Pictures into a folder, each under its own name; formats that cannot be written become PNG."""

    def __init__(self, folder: Path) -> None:
        if folder.exists() and not folder.is_dir():
            raise OptionError(f"{folder} is a file: several pictures need a folder")
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._folder, self.files = folder, [folder]

    def write(self, frame: Frame) -> None:
        """Draw and write the picture at once."""
        path = self._folder / Path(frame.source).name
        OverlayPicture(path if path.suffix.lower() in IMAGE_SUFFIXES else path.with_suffix(".png")).write(frame)

    def close(self) -> None:
        """Every picture is complete already."""

    def discard(self) -> None:
        """Pictures that were written stay: each is complete."""


def write_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Encode `image` (BGR) by the path's suffix and write it, whole or not at all.

    Raises:
        SSPNetError: names the file and what refused it.
    """
    try:
        encoded, content = cv2.imencode(path.suffix, image)
    except cv2.error as error:
        raise SSPNetError(f"cannot write {path}: {error.err}") from None
    if not encoded:
        raise SSPNetError(f"cannot write {path}: this build of OpenCV cannot encode {path.suffix}")
    staged = StagedFile(path)
    try:
        with writing(path):
            staged.staging.write_bytes(content.tobytes())
    except BaseException:
        staged.discard()
        raise
    staged.commit()
