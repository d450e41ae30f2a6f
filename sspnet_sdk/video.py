"""`stream`: people in a video, camera or network stream, frame by frame, with reading and network in threads of their own."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Generator, Iterable
from types import NoneType
from typing import TYPE_CHECKING, Any

import numpy as np

from sspnet_sdk.capture import Capture, Shot
from sspnet_sdk.errors import ImageError, OptionError
from sspnet_sdk.frame import Frame
from sspnet_sdk.frames.background import in_background
from sspnet_sdk.frames.own_frames import OwnFrames
from sspnet_sdk.images.image import Image, open_image
from sspnet_sdk.motion.smoothed_frames import AsTheyCome, InHindsight
from sspnet_sdk.people.hold_back import HoldBack
from sspnet_sdk.smoothing import check_smooth
from sspnet_sdk.tracking import Tracker

if TYPE_CHECKING:
    from sspnet_sdk.estimator import Estimator

_READ_AHEAD, _DONE_AHEAD = 4, 2
_RATE_WINDOW_S = 1.0


def stream(
    source: Capture | int | str | os.PathLike[str] | Iterable[Any],
    estimator: Estimator,
    *,
    fps: float | None = None,
    people: int | None = None,
    smooth: float = 0.5,
    boxes: Iterable[Any] = (),
    camera: Any = None,
    live: bool | None = None,
) -> Generator[Frame, None, None]:
    """Follow people through a video. Yields a `Frame` for each picture.

    Reading, the network and the caller's loop run at the same time. Every frame of a file is yielded, in order. A live source
    does not lag: if the network or the caller is slow, stale frames are dropped (`Frame.index` counts them). A person is somebody
    seen in three frames. A file's frames wait for that, a live source's do not. Frames of a recording (a file, a list, an
    iterable with `fps`) also wait for those of the next 0.2 s, by which they are smoothed; 8 at most.

    Args:
        source: path of a video, number of a camera, address, an open `Capture` (which stays the caller's to close), or any
            iterable of images as `Estimator.predict` takes them, each alone or as a pair (image, seconds).
        estimator: runs the network. Its `color` counts for an iterable's arrays; `Frame.image` is always BGR.
        fps: frames per second of an iterable whose images come alone. None: a list has 30, others are timed as they come.
        people: how many to follow at most; None for everybody.
        smooth: smoothing of the poses (`smoothing.py`), 0 (off) to 1. Left and right are put right at any.
        boxes: x, y, w, h of people in the first frame, in pixels; they count among `people`.
        camera: intrinsics of the frames, as `Estimator.predict` takes them. Poses then have `joints3d_camera`.
        live: drop stale frames and wait for none (True), or keep all and smooth by later ones too (False); None decides by the
            source. Say True for an iterable of pictures that a camera takes now.

    Raises:
        ImageError: the source does not open or gives no frames.
        OptionError: an option makes no sense.
    """
    check_smooth(smooth)
    if not isinstance(live, (bool, int, np.bool_, NoneType)) or live not in (True, False, None):
        raise OptionError(f"live must be True, False or None, not {live!r:.80}")
    tracker = Tracker(estimator, people, boxes, camera)
    capture = _opened(source, estimator, fps)
    recorded = capture.recorded if live is None else not live
    smoothed = InHindsight(smooth) if recorded and smooth else AsTheyCome(smooth)
    return _stream(capture, capture is not source, tracker, smoothed, capture.live if live is None else live)


def _opened(source: Any, estimator: Estimator, fps: float | None) -> Capture | OwnFrames:
    if isinstance(source, Capture):
        return source
    if isinstance(source, (int, str, os.PathLike, bytes)) or hasattr(source, "read") or not isinstance(source, Iterable):
        return Capture(source)
    return OwnFrames(source, estimator.color, fps)


def _stream(
    capture: Capture | OwnFrames, owned: bool, tracker: Tracker, smoothed: AsTheyCome | InHindsight, live: bool
) -> Generator[Frame, None, None]:
    shots = in_background(_shots(capture, owned), _READ_AHEAD, latest=live)
    return in_background(_estimate(shots, capture.name, tracker, smoothed, live), _DONE_AHEAD, latest=live)


def _shots(capture: Capture | OwnFrames, owned: bool) -> Generator[Shot, None, None]:
    try:
        yield from capture
    finally:
        if owned:  # in the thread that reads: a driver must not lose its device in the middle of a read
            capture.close()


def _estimate(
    shots: Generator[Shot, None, None], source: str, tracker: Tracker, smoothed: AsTheyCome | InHindsight, live: bool
) -> Generator[Frame, None, None]:
    rate, held = _Rate(), HoldBack(live)
    failure: Exception | None = None
    try:
        for shot in shots:
            seen = tracker.observe(_checked(shot, source), shot.time_s)
            frame = Frame(shot.image, source, shot.index, shot.time_s, (), rate.tick())
            for known in smoothed.add(frame, seen):
                yield from held.add(*known)
    except Exception as error:  # the frames before it come first
        failure = error
    finally:
        shots.close()
    tracker.end()
    for known in smoothed.rest():
        yield from held.add(*known)
    yield from held.rest()
    if failure is not None:
        raise failure


def _checked(shot: Shot, source: str) -> Image:
    try:
        return open_image(shot.image, "bgr")
    except ImageError as error:
        raise ImageError(f"{source}: {error}") from None


class _Rate:
    """Frames per second over the last second."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def tick(self) -> float | None:
        """Count a frame; None for the first."""
        now = time.monotonic()
        self._times.append(now)
        while len(self._times) > 2 and now - self._times[0] > _RATE_WINDOW_S:
            self._times.popleft()
        elapsed = now - self._times[0]
        return (len(self._times) - 1) / elapsed if elapsed > 0.0 else None
