"""Encode video with OpenCV, where PyAV is missing: one even rate, onto which frames are placed by their times."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import SSPNetError
from sspnet_sdk.files.staging import writing
from sspnet_sdk.system.opencv_silence import opencv_silent

_CODECS: dict[str, tuple[str, ...]] = {
    ".mp4": ("avc1", "mp4v"),  # H.264 plays everywhere, but many builds of OpenCV lack its encoder
    ".m4v": ("avc1", "mp4v"),
    ".mov": ("avc1", "mp4v"),
    ".mkv": ("avc1", "mp4v"),
    ".avi": ("XVID", "MJPG"),
    ".webm": ("VP80",),
}


class OpenCvEncoder:
    """The same three steps as `VideoEncoder`; OpenCV's writer keeps silent about errors, so `close` reads the file back."""

    def __init__(self, path: Path, named: Path, fps: float, size: tuple[int, int]) -> None:
        self._path, self._named, self._frames = path, named, 0
        self._last: NDArray[np.uint8] | None = None
        with writing(named):
            path.touch()
            str(path).encode()
        self._fps, self._writer = self._open(fps, size)

    def _open(self, fps: float, size: tuple[int, int]) -> tuple[float, cv2.VideoWriter]:
        with opencv_silent():
            return self._try(fps, size)

    def _try(self, fps: float, size: tuple[int, int]) -> tuple[float, cv2.VideoWriter]:
        for rate in (fps, float(max(1, round(fps)))):  # MPEG-4 refuses rates whose fraction has a large denominator
            for codec in _CODECS[self._path.suffix.lower()]:
                writer = cv2.VideoWriter(str(self._path), cv2.VideoWriter.fourcc(*codec), rate, size)
                if writer.isOpened():
                    return rate, writer
                writer.release()
        raise SSPNetError(f"cannot write {self._named}: this build of OpenCV has no encoder for it; pip install av brings one")

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append a frame where its time is, repeating the one before if there is a gap."""
        due = round(time_s * self._fps)
        while self._last is not None and self._frames < due:
            self._put(self._last)
        if self._frames <= due:
            self._put(image)
        self._last = image

    def _put(self, image: NDArray[np.uint8]) -> None:
        self._writer.write(image)
        self._frames += 1

    def close(self, complete: bool = True) -> None:
        """Complete the file and look whether it is whole."""
        self._writer.release()
        if not complete:
            return
        capture = cv2.VideoCapture(str(self._path))
        kept = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
        capture.release()
        if kept < 0.9 * self._frames:
            raise SSPNetError(f"cannot write {self._named}: only {kept} of {self._frames} frames arrived (is the disk full?)")
