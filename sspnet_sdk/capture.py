"""Read frames from a video file, a camera, a stream's address, standard input or a folder of pictures."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import math
import os
import stat
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import ImageError, OptionError
from sspnet_sdk.frames.frame_times import Timeline
from sspnet_sdk.frames.opencv_decoder import OpenCvDecoder
from sspnet_sdk.frames.picture_sequence import OnePicture, PictureSequence
from sspnet_sdk.frames.piped import Piped
from sspnet_sdk.given import given_path
from sspnet_sdk.given_number import check_fps, given_number, given_whole
from sspnet_sdk.images.file_kind import file_kind, open_file_kind

logger = logging.getLogger("sspnet_sdk")

_LIVE_SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "rtmps://", "udp://", "tcp://", "srt://", "rtp://")
_FALLBACK_FPS = 30.0
_PATIENCE_S = 10.0
_BETWEEN_TRIES_S = 1.0
_LAST_CAMERA = 999  # of what text may mean a camera; OpenCV reads higher numbers as another API's, and dies of those below 0


@dataclass(frozen=True, eq=False)
class Shot:
    """A frame as it came: (H, W, 3) uint8 BGR, number, and seconds since the first."""

    image: NDArray[np.uint8]
    index: int
    time_s: float


class Capture:
    """An open video source. Iterate over it once, then `close` it, or use it in `with`.

    Frames come as a player shows them: turned and mirrored by the file's display matrix, with square pixels.

    Args:
        source: path of a video file or of a folder of pictures; number of a camera (0 is the first; /dev/video0 too); an address
            (rtsp://…, http://…); "-" for standard input; or a GStreamer pipeline ("… ! appsink"), if OpenCV is built with it.
        fps: the frame rate to ask a camera for.
        stated_fps: frames per second of a file or a folder, whatever it says itself. Raw streams and pictures say nothing.
        reconnect_s: a live stream that breaks is opened again for so long. With 0 it ends with an error.

    Attributes:
        live: frames do not wait for us.
        fps: frames per second that the source states, else those of a file's times (30 where there are neither).
        frames: how many there are, about; None if that is not known.
        damage: what was found broken while reading, in words; empty if nothing was.

    Raises:
        ImageError: there is no such file or camera, or it cannot be decoded.
    """

    def __init__(
        self,
        source: int | str | os.PathLike[str],
        fps: float | None = None,
        *,
        stated_fps: float | None = None,
        reconnect_s: float = 0.0,
    ) -> None:
        if stated_fps is not None:
            stated_fps = check_fps(stated_fps, "stated_fps")
        if not 0.0 <= given_number(reconnect_s) < math.inf:
            raise OptionError(f"reconnect_s must be seconds from 0 on, not {reconnect_s!r:.80}")
        source = given_path(source) if isinstance(source, os.PathLike) else source
        self._source, self._asked_fps, self._stated_fps, self._reconnect_s = source, fps, stated_fps, reconnect_s
        self.name = _name(source)
        self._reading, self._closed, self._read = threading.Lock(), False, False
        self._decoder: Any = self._open()
        count = self._decoder.frames
        camera = camera_number(source) is not None or _is_pipeline(source)
        self.live = camera or (
            is_address(source) and (str(source).lower().startswith(_LIVE_SCHEMES) or not self._decoder.has_end)
        )
        self.frames = int(count) if count and not self.live else None
        self.fps = float(stated_fps or self._decoder.fps or _FALLBACK_FPS)
        self.damage = ""

    def __enter__(self) -> Capture:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def recorded(self) -> bool:
        """Whether later frames are there already, so that nobody loses time by waiting for them."""
        return not self.live

    @property
    def begin_s(self) -> float:
        """The source's own time of its first frame, for what runs beside it (its sound)."""
        return float(getattr(self._decoder, "begin_s", None) or 0.0)

    @property
    def path(self) -> Path | None:
        """The file that is read, if it is one."""
        return Path(self._source) if isinstance(self._source, (str, os.PathLike)) and Path(self._source).is_file() else None

    def __iter__(self) -> Iterator[Shot]:
        """Frames until the source ends.

        They end early where another thread closes the source.

        Raises:
            ImageError: not one frame came, a live source broke, or it is closed already.
        """
        if self._closed:
            raise ImageError(f"{self.name} is closed: open it again")
        if self._read:
            raise ImageError(f"{self.name} was read to its end already: open it again")
        yield from self._live_shots() if self.live else self._file_shots()

    def _file_shots(self) -> Iterator[Shot]:
        index, last = 0, -1.0
        timeline = Timeline(self.fps, self._decoder.leaps)
        for image, stamp in self._frames():
            last = index / self.fps if self._stated_fps else timeline.place(stamp)
            yield Shot(image, index, last)
            index += 1
        if self._closed:
            return
        self._read = True
        if index == 0:
            why = f" ({self._decoder.damage})" if self._decoder.damage else ""
            raise ImageError(f"{self.name} gives no frames: it is damaged, or in use by another program{why}")
        self._look_for_damage(index, last)

    def _frames(self) -> Iterator[tuple[NDArray[np.uint8], float | None]]:
        """What the decoder gives, until it is closed: none may lose its file or device in the middle of a read."""
        frames, frame = iter(self._decoder), None
        while not self._closed:
            try:
                with self._reading:
                    frame = None if self._closed else next(frames, None)
            finally:
                if self._closed:  # by another thread, which may have met this read
                    self.close()
            if self._closed or frame is None:
                return
            yield frame
        self.close()

    def _look_for_damage(self, index: int, last: float) -> None:
        self.damage = self._decoder.damage
        length, reached = self._decoder.duration_s, max(last, self._decoder.reached_s or 0.0)
        if not self.damage and length and not self._stated_fps and reached + 2 / self.fps < 0.95 * length:
            self.damage = f"it ends after {reached:.1f} of {length:.1f} s"
        if self.damage:
            logger.warning("%s is damaged: %s (%d frames were read)", self.name, self.damage, index)

    def _live_shots(self) -> Iterator[Shot]:
        index, begin = 0, time.monotonic()
        while True:
            for image, _ in self._frames():
                yield Shot(image, index, time.monotonic() - begin)
                index += 1
            if self._closed:
                return
            self._decoder.close()
            why = self._decoder.damage or "the other side sends no more"
            broke = f"{self.name} broke after {index} frames and {time.monotonic() - begin:.1f} s ({why})"
            if not self._reconnect_s:
                raise ImageError(broke)
            logger.warning("%s: trying again for %g s", broke, self._reconnect_s)
            self._reconnect(broke)
            if not self._closed:
                logger.warning("%s is back", self.name)

    def _reconnect(self, broke: str) -> None:
        until = time.monotonic() + self._reconnect_s
        while not self._closed:
            time.sleep(_BETWEEN_TRIES_S)
            try:
                self._decoder = self._open()
                return
            except ImageError:
                if time.monotonic() > until:
                    raise ImageError(f"{broke}, and was not back within {self._reconnect_s:g} s") from None

    def _open(self) -> Any:
        source = self._source
        number = camera_number(source)
        if number is not None or _is_pipeline(source):
            return OpenCvDecoder(number if number is not None else str(source), self.name, self._asked_fps)
        if is_address(source):
            return self._by_pyav(str(source)) if has_pyav() else OpenCvDecoder(str(source), self.name, None)
        if str(source) == "-":
            return self._through(_standard_input())
        path = _existing(source)
        if path.is_dir():
            return PictureSequence(path)
        if not path.is_file():
            return self._through(_opened(path))
        if file_kind(path) == "picture":
            return PictureSequence(path, (path,))
        return self._by_pyav(_opened(path)) if has_pyav() else OpenCvDecoder(str(source), self.name, None)

    def _through(self, file: Any) -> Any:
        """A file that is open; one that cannot be read twice is looked at as it goes by."""
        try:
            once = file if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else Piped(file)
            kind = once.kind if isinstance(once, Piped) else open_file_kind(once)
            once = once.whole() if isinstance(once, Piped) and once.index_is_last else once
        except OSError as error:
            raise ImageError(f"cannot read {self.name}: {(error.strerror or str(error)).lower()}") from None
        if kind == "picture":
            return OnePicture(once.read(), self.name)
        if not has_pyav():
            raise ImageError(f"{self.name} is read by PyAV, which is not installed: pip install av")
        return self._by_pyav(once)

    def _by_pyav(self, target: Any) -> Any:
        from sspnet_sdk.frames.video_decoder import VideoDecoder

        return VideoDecoder(target, self.name, _PATIENCE_S if isinstance(target, str) else None)

    def close(self) -> None:
        """Let go of the file or camera; if another thread reads from it now, once that read has ended."""
        self._closed = True
        if self._reading.acquire(blocking=False):
            with contextlib.suppress(cv2.error):
                self._decoder.close()
            self._reading.release()


def has_pyav() -> bool:
    """Whether PyAV, which reads and writes more kinds of video than OpenCV does, is installed."""
    return importlib.util.find_spec("av") is not None


def camera_number(source: Any) -> int | None:
    """The camera that `source` means (0, "0", "/dev/video0", …); None if it means something else."""
    if (number := given_whole(source)) is not None:
        return number
    text = str(source).removeprefix("/dev/video")
    return int(text) if text.isascii() and text.isdigit() and int(text) <= _LAST_CAMERA and not Path(text).exists() else None


def is_address(source: Any) -> bool:
    """Whether `source` is an address such as rtsp://…, or a GStreamer pipeline, rather than a path."""
    return isinstance(source, str) and ("://" in source or _is_pipeline(source)) and not exists(Path(source))


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; a name that no file can have is no error."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def shown(path: Path | str) -> str:
    """A path as text that every file and terminal takes: bytes that are not UTF-8 become �."""
    return os.fsencode(path).decode("utf-8", "replace")


def _is_pipeline(source: Any) -> bool:
    return isinstance(source, str) and " ! " in source and not exists(Path(source))


def _name(source: Any) -> str:
    """How results name the source."""
    if given_whole(source) is None and not isinstance(source, (str, os.PathLike)):
        hint = ": write the video to a file first" if isinstance(source, bytes) or hasattr(source, "read") else ""
        raise OptionError(f"a source is a path, a camera's number or an address, not {type(source).__name__}{hint}")
    number = camera_number(source)
    if number is not None:
        if not 0 <= number <= _LAST_CAMERA:
            raise OptionError(f"a camera's number is 0 for the first, at most {_LAST_CAMERA}, not {number}")
        return f"camera{number}"
    if str(source) == "-":
        return "stdin"
    if not str(source):
        raise OptionError("a source is a path, a camera's number or an address, not an empty text")
    path = Path(str(source))
    return str(source) if is_address(source) else shown(path if path.name else path.resolve())


def _existing(source: Any) -> Path:
    path = Path(source)
    try:
        path.stat()
    except FileNotFoundError:
        raise ImageError(f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        raise ImageError(f"cannot read {path}: {(getattr(error, 'strerror', None) or str(error)).lower()}") from None
    return path


def _standard_input() -> Any:
    file = getattr(sys.stdin, "buffer", None)
    if file is None:
        raise ImageError("cannot read -: standard input is closed")
    return file


def _opened(path: Path) -> Any:
    try:
        return path.open("rb")
    except OSError as error:
        raise ImageError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
