"""Your own frames as a video source: any iterable of images, with or without their times."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sized
from typing import Any

import numpy as np

from sspnet_sdk.capture import Shot
from sspnet_sdk.errors import ImageError, OptionError
from sspnet_sdk.frames.frame_times import Timeline
from sspnet_sdk.given_number import check_fps, given_number
from sspnet_sdk.images.image import is_one_picture, open_image

_FPS_OF_A_LIST = 30.0


class OwnFrames:
    """Reads an iterable as `Capture` reads a file.

    Args:
        frames: images as `Estimator.predict` takes them, each alone or as a pair (image, seconds), by any clock. Times are
            counted from the first, as `Timeline` counts those of a file.
        color: channel order of their arrays.
        fps: frames per second of images that come alone; None: a list has 30, others are timed as they come.

    Attributes:
        recorded: later frames are there already; not known of a generator without `fps`, which may be a camera.
    """

    name, live = "frames", False

    def __init__(self, frames: Iterable[Any], color: str, fps: float | None = None) -> None:
        if is_one_picture(frames):
            raise OptionError(f"frames must be images, one after the other, not one of shape {frames.shape}: predict takes that")
        self._frames, self._color = frames, color
        self._fps = check_fps(fps) if fps is not None else _FPS_OF_A_LIST if isinstance(frames, Sized) else None
        self.recorded = self._fps is not None

    def __iter__(self) -> Iterator[Shot]:
        """Frames until the iterable ends.

        Raises:
            ImageError: one of them cannot be used; names which.
        """
        timeline = Timeline(self._fps or _FPS_OF_A_LIST)
        for index, item in enumerate(self._frames):
            img, seconds = item if isinstance(item, tuple) and len(item) == 2 else (item, None)
            if seconds is None:
                seconds = time.monotonic() if self._fps is None else index / self._fps
            time_s = timeline.place(_number(seconds, index))
            try:
                yield Shot(open_image(img, self._color).bgr(), index, time_s)
            except ImageError as error:
                raise ImageError(f"frame {index}: {error}") from None

    def close(self) -> None:
        """End a generator that was not read to its end."""
        close = getattr(self._frames, "close", None)
        if close is not None and isinstance(self._frames, Iterator):
            close()


def _number(seconds: Any, index: int) -> float:
    number = given_number(seconds)
    if not np.isfinite(number):
        raise OptionError(f"frame {index}: a pair is (image, seconds), not (image, {seconds!r:.80})")
    return number
