"""OpenCV's own words to standard error, held back where an error of ours says what matters."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import cv2

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # a codec that is tried and missing is no news; read at first use

_SILENT = 0  # OpenCV's LOG_LEVEL_SILENT


@contextlib.contextmanager
def opencv_silent() -> Iterator[None]:
    """Cameras that are not there and encoders that are missing print nothing."""
    log = getattr(cv2.utils, "logging", cv2)  # OpenCV 5, 4
    said = log.setLogLevel(_SILENT)
    try:
        yield
    finally:
        log.setLogLevel(said)
