"""Cameras and GStreamer pipelines through OpenCV; videos too where PyAV is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import ImageError
from sspnet_sdk.system.opencv_silence import opencv_silent

_MORE = "; PyAV reads more kinds of video: pip install av"


class OpenCvDecoder:
    """Pictures as OpenCV gives them, with its time stamps.

    Args:
        target: camera number, pipeline, address or path.
        name: how messages name it.
        fps: the rate to ask a camera for.

    Raises:
        ImageError: it does not open.
    """

    begin_s = reached_s = None
    leaps = False
    duration_s: float | None = None

    def __init__(self, target: int | str, name: str, fps: float | None) -> None:
        pipeline = isinstance(target, str) and " ! " in target
        if isinstance(target, str) and not target.isascii() and not _is_utf8(target):
            raise ImageError(f"OpenCV cannot read the name of {name}, which is not UTF-8: rename it, or pip install av")
        with opencv_silent():
            self._capture = cv2.VideoCapture(target, cv2.CAP_GSTREAMER) if pipeline else cv2.VideoCapture(target)
        self.damage = ""
        if not self._capture.isOpened():
            raise ImageError(_why_not(target, pipeline))
        if isinstance(target, int) and fps is not None:
            self._capture.set(cv2.CAP_PROP_FPS, fps)
        count, rate = self._capture.get(cv2.CAP_PROP_FRAME_COUNT), self._capture.get(cv2.CAP_PROP_FPS)
        self.frames = int(count) if 0 < count < 1e9 and not isinstance(target, int) and not pipeline else None
        self.fps = float(rate) if 0.0 < rate < 1e5 else None
        if self.frames and self.fps:
            self.duration_s = self.frames / self.fps

    @property
    def has_end(self) -> bool:
        """Whether the source says how long it is."""
        return bool(self.frames)

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], float | None]]:
        last = -1.0
        while True:
            try:
                taken, image = self._capture.read()
            except cv2.error as error:  # a driver's buffer that is no whole picture, as where a camera is pulled out
                self.damage = f"OpenCV cannot read on: {error.err}"
                return
            if not taken or image is None:
                return
            stamp: Any = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000.0
            yield image, stamp if stamp > last else None  # type: ignore[misc]
            last = max(stamp, last)

    def close(self) -> None:
        """Let go of the file or camera."""
        self._capture.release()


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _why_not(target: int | str, pipeline: bool) -> str:
    if isinstance(target, int):
        return f"camera {target} does not open: none is connected under this number, or another program uses it"
    if pipeline:
        if not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
            return "this OpenCV is built without GStreamer: use the system's (apt install python3-opencv; JetPack brings its own)"
        return f"the GStreamer pipeline does not start (no such camera, or in use): {target}"
    if "://" in target:
        return f"{target} does not open: no answer, or not a video that OpenCV can decode{_MORE}"
    return f"{target} is not a video that OpenCV can decode, or it is damaged{_MORE}"
