"""Write a video that is complete, or not there."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import OptionError, SSPNetError
from sspnet_sdk.staging import StagedFile, writing

CODECS: dict[str, tuple[str, ...]] = {
    ".mp4": ("avc1", "mp4v"),  # H.264 plays everywhere, but many builds of OpenCV lack its encoder
    ".m4v": ("avc1", "mp4v"),
    ".mov": ("avc1", "mp4v"),
    ".mkv": ("avc1", "mp4v"),
    ".avi": ("XVID", "MJPG"),
    ".webm": ("VP80",),
}
"""Suffixes that can be written, and the codecs to try."""

_CHECK_EVERY = 25  # frames
_LEAST_FREE_BYTES = 16 << 20  # the rest of the disk is needed to complete the file


class VideoFile:
    """Takes frames of one size; `close` completes the file and reads it back, because OpenCV's writer keeps silent about errors.

    Args:
        path: .mp4, .mov, .mkv, .avi or .webm.
        fps: frame rate of the file.

    Raises:
        OptionError: for another suffix.
        SSPNetError: no encoder, or the disk is full (what was written until then is kept, if anything was).
    """

    def __init__(self, path: Path, fps: float) -> None:
        if path.suffix.lower() not in CODECS:
            raise OptionError(f"{path} is not a name for a video: use {', '.join(CODECS)}")
        self._staged, self._fps, self._frames = StagedFile(path), fps, 0
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)

    @property
    def frames(self) -> int:
        """How many were written."""
        return self._frames

    def write(self, image: NDArray[np.uint8]) -> None:
        """Append a frame, (H, W, 3) uint8 BGR; the first one decides the size, later ones of another are scaled to it."""
        if self._writer is None:
            self._size = (image.shape[1], image.shape[0])
            self._writer = self._open()
        if self._frames % _CHECK_EVERY == 0:
            self._check_space()
        if (image.shape[1], image.shape[0]) != self._size:
            image = np.asarray(cv2.resize(image, self._size), np.uint8)
        self._writer.write(image)
        self._frames += 1

    def close(self) -> None:
        """Complete the file and give it its name; without a frame there is none."""
        if self._writer is None:
            return
        self._writer.release()
        self._writer = None
        kept = _count(self._staged.staging)
        if kept < 0.9 * self._frames:
            self._staged.discard()
            raise SSPNetError(
                f"cannot write {self._staged.path}: only {kept} of {self._frames} frames arrived (is the disk full?)"
            )
        self._staged.commit()

    def discard(self) -> None:
        """Leave what was under the path as it was."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None
            self._staged.discard()

    def _open(self) -> cv2.VideoWriter:
        with writing(self._staged.path):
            self._staged.staging.touch()
        for codec in CODECS[self._staged.path.suffix.lower()]:
            writer = cv2.VideoWriter(str(self._staged.staging), cv2.VideoWriter.fourcc(*codec), self._fps, self._size)
            if writer.isOpened():
                return writer
            writer.release()
        self._staged.discard()
        raise SSPNetError(f"cannot write {self._staged.path}: this build of OpenCV has no encoder for it; try .avi")

    def _check_space(self) -> None:
        if shutil.disk_usage(self._staged.path.parent).free >= _LEAST_FREE_BYTES:
            return
        frames, path = self._frames, self._staged.path
        if frames == 0:
            self.discard()
            raise SSPNetError(f"cannot write {path}: no space left on device")
        self.close()
        raise SSPNetError(f"no space left on device: {path} holds the first {frames} frames")


def _count(path: Path) -> int:
    capture = cv2.VideoCapture(str(path))
    try:
        return int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    finally:
        capture.release()
