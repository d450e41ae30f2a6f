"""Read frames from a video file, a camera or a stream's address."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import ImageError, OptionError

logger = logging.getLogger("sspnet_sdk")

_LIVE_SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "udp://", "tcp://", "srt://")
_FALLBACK_FPS = 30.0


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame as it came: (H, W, 3) uint8 BGR, number, and seconds since the first."""

    image: NDArray[np.uint8]
    index: int
    time_s: float


class Capture:
    """An open video source; iterate over it once, then `close` it (or use it in `with`).

    Args:
        source: path of a video file, number of a camera (0 is the first; /dev/video0 too), an address (rtsp://…, http://…), or
            a GStreamer pipeline ("… ! appsink") where OpenCV is built with GStreamer.
        fps: for a camera: the frame rate to ask it for.

    Attributes:
        live: frames do not wait for us.
        fps: frames per second that the source states (30 where it states none).
        frames: how many there are; None if that is not known.

    Raises:
        ImageError: there is no such file or camera, or it cannot be decoded.
    """

    def __init__(self, source: int | str | os.PathLike[str], fps: float | None = None) -> None:
        self.name, opened = _names(source)
        pipeline = _is_pipeline(opened)
        self._capture = cv2.VideoCapture(opened, cv2.CAP_GSTREAMER) if pipeline else cv2.VideoCapture(opened)
        if not self._capture.isOpened():
            raise ImageError(_why_not(source))
        if isinstance(opened, int) and fps is not None:
            self._capture.set(cv2.CAP_PROP_FPS, fps)
        count, rate = self._capture.get(cv2.CAP_PROP_FRAME_COUNT), self._capture.get(cv2.CAP_PROP_FPS)
        self.live = isinstance(opened, int) or opened.startswith(_LIVE_SCHEMES) or (is_address(opened) and count <= 0)
        self.frames = int(count) if 0 < count < 1e9 and not self.live else None
        self.fps = float(rate) if 0.1 < rate < 1000.0 else _FALLBACK_FPS

    def __enter__(self) -> Capture:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Shot]:
        """Frames until the source ends.

        Raises:
            ImageError: not one frame came.
        """
        index, begin, last = 0, time.monotonic(), -1.0
        while True:
            taken, image = self._capture.read()
            if not taken or image is None:
                break
            now = time.monotonic() - begin if self.live else self._time(index, last)
            yield Shot(image, index, now)  # type: ignore[arg-type]
            index, last = index + 1, now
        if index == 0:
            raise ImageError(f"{self.name} gives no frames: it is damaged, or in use by another program")
        if self.frames is not None and index < 0.95 * self.frames:
            logger.warning("%s ends after %d of %d frames: it is damaged", self.name, index, self.frames)

    def _time(self, index: int, last: float) -> float:
        """Time of a file's frame: the file's own stamp where it ascends, else by the frame rate."""
        stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
        return stamp if stamp > last and (stamp > 0.0 or index == 0) else max(index / self.fps, last + 1e-3)

    def close(self) -> None:
        """Let go of the file or camera."""
        with contextlib.suppress(cv2.error):
            self._capture.release()


def camera_number(source: Any) -> int | None:
    """The camera that `source` means (0, "0", "/dev/video0", …); None if it means something else."""
    if isinstance(source, int) and not isinstance(source, bool):
        return source
    text = str(source).removeprefix("/dev/video")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 and not Path(text).exists() else None


def is_address(source: Any) -> bool:
    """Whether `source` is an address such as rtsp://…, or a GStreamer pipeline, rather than a path."""
    return isinstance(source, str) and ("://" in source or _is_pipeline(source))


def _is_pipeline(source: Any) -> bool:
    return isinstance(source, str) and " ! " in source


def _names(source: int | str | os.PathLike[str]) -> tuple[str, int | str]:
    """How results name the source, and what OpenCV is to open."""
    if not isinstance(source, (int, str, os.PathLike)) or isinstance(source, bool):
        raise OptionError(f"a source is a path, a camera's number or an address, not {type(source).__name__}")
    number = camera_number(source)
    if number is not None:
        return f"camera{number}", number
    if is_address(source):
        return str(source), str(source)
    path = Path(str(source))
    if not path.exists():
        raise ImageError(f"there is no file {path}")
    return path.name, str(path)


def _why_not(source: int | str | os.PathLike[str]) -> str:
    number = camera_number(source)
    if number is not None:
        return f"camera {number} does not open: none is connected under this number, or another program uses it"
    if _is_pipeline(source):
        if not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
            return "this OpenCV is built without GStreamer: use the system's (apt install python3-opencv; JetPack brings its own)"
        return f"the GStreamer pipeline does not start (no such camera, or in use): {source}"
    if is_address(source):
        return f"{source} does not open: no answer, or not a video that OpenCV can decode"
    return f"{source} is not a video that OpenCV can decode, or it is damaged"
