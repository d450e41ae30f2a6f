"""Write a video that is complete, or not there."""

from __future__ import annotations

import logging
import os
from typing import Any

import cv2
import numpy as np

from sspnet_sdk.capture import Capture, has_pyav
from sspnet_sdk.errors import OptionError, SSPNetError
from sspnet_sdk.files.opencv_encoder import OpenCvEncoder
from sspnet_sdk.files.staging import StagedFile, check_room, refuse_pipe, refuse_unwritable
from sspnet_sdk.given import given_path
from sspnet_sdk.given_number import check_fps, check_time
from sspnet_sdk.images.image import open_image

logger = logging.getLogger("sspnet_sdk")

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".mkv", ".avi", ".webm")
_SLOWEST, _FASTEST, _FASTEST_AVI = 0.0001, 900_000, 1000  # beyond, encoders fail or files open nowhere
_CHECK_EVERY = 25  # frames


class VideoFile:
    """Takes frames of one size; `close` completes the file and gives it its name.

    With PyAV: H.264 (VP9 in .webm) that browsers play, each frame at its own time. Without: what OpenCV can write, at one rate.

    Args:
        path: .mp4, .m4v, .mov, .mkv, .avi or .webm.
        fps: frames per second, on average where `write` is told times.
        sound: the video whose sound goes beside the pictures.

    Raises:
        OptionError: for another suffix, a path or rate that is none, or a pipe to which no such file can be written.
        SSPNetError: no encoder, or the disk is full (what was written until then is kept, if anything was).
    """

    def __init__(self, path: str | os.PathLike[str], fps: float, sound: Capture | None = None) -> None:
        path = given_path(path)
        if path.suffix.lower() not in VIDEO_SUFFIXES:
            raise OptionError(f"{path} is not a name for a video: use {', '.join(VIDEO_SUFFIXES)}")
        fps = check_fps(fps)
        if not _SLOWEST <= fps <= _FASTEST:
            raise OptionError(f"{path}: a video has {_SLOWEST} to {_FASTEST} frames per second, not {fps:g}")
        if path.suffix.lower() == ".avi" and fps > _FASTEST_AVI:
            raise OptionError(f"{path}: .avi holds at most {_FASTEST_AVI} frames per second, not {fps:g}: use .mp4")
        refuse_unwritable(path)
        if path.suffix.lower() in (".mp4", ".m4v", ".mov"):
            refuse_pipe(path, "name it .mkv")
        self._staged, self._fps, self._frames, self._sound = StagedFile(path), fps, 0, sound
        self._encoder: Any = None
        self._size = (0, 0)
        self._closed = False

    @property
    def frames(self) -> int:
        """How many were written."""
        return self._frames

    def write(self, image: Any, time_s: float | None = None) -> None:
        """Append a frame.

        Args:
            image: (H, W, 3) uint8 BGR, or another that `Estimator.predict` takes. The first one decides the size, later ones
                of another are scaled to it.
            time_s: when it is to be seen, from the video's begin; None: by the rate.

        Raises:
            ImageError: the image cannot be used.
            OptionError: the time is no number.
            SSPNetError: the disk is full, or the video is closed.
        """
        if self._closed:
            raise SSPNetError(f"{self._staged.path} is closed: a new VideoFile would replace it")
        if time_s is not None:
            check_time(time_s)
        image = open_image(image).bgr()
        if self._encoder is None:
            self._size = (image.shape[1], image.shape[0])
            self._encoder = self._open()
        if self._frames % _CHECK_EVERY == 0:
            check_room(self._staged.path, self._frames, self)
        if (image.shape[1], image.shape[0]) != self._size:
            image = np.asarray(cv2.resize(image, self._size), np.uint8)
        self._encoder.write(image, self._frames / self._fps if time_s is None else time_s)
        self._frames += 1

    def close(self) -> None:
        """Complete the file and give it its name; without a frame there is none."""
        self._closed = True
        if self._encoder is None:
            return
        encoder, self._encoder = self._encoder, None
        try:
            encoder.close()
        except SSPNetError:
            self._staged.discard()
            raise
        self._staged.commit()

    def discard(self) -> None:
        """Leave what was under the path as it was."""
        if self._encoder is None:
            return
        encoder, self._encoder = self._encoder, None
        try:
            encoder.close(complete=False)
        except SSPNetError:  # its disk is full, or its folder gone: that was said already
            pass
        finally:
            self._staged.discard()

    def _open(self) -> Any:
        try:
            if has_pyav():
                return self._by_pyav()
            if self._sound is not None:
                logger.warning("%s has no sound: PyAV, which copies it, is not installed: pip install av", self._staged.path)
            return OpenCvEncoder(self._staged.staging, self._staged.path, self._fps, self._size)
        except SSPNetError:
            self._staged.discard()
            raise

    def _by_pyav(self) -> Any:
        from sspnet_sdk.files.sound import Sound
        from sspnet_sdk.files.video_encoder import VideoEncoder

        heard = self._sound if self._sound is not None and self._sound.path is not None else None
        sound = None if heard is None or heard.path is None else Sound(heard.path, heard.begin_s)
        return VideoEncoder(self._staged.staging, self._staged.path, self._fps, self._size, sound)
