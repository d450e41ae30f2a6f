"""Encode video with PyAV: H.264 or VP9 that browsers play, every frame at its own time, with the sound of a source."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.device import usable_cores
from sspnet_sdk.errors import SSPNetError
from sspnet_sdk.files.sound import Sound
from sspnet_sdk.files.staging import writing

_H264 = (("libx264", {"preset": "veryfast", "crf": "20"}), ("libopenh264", {"b": "6M"}), ("mpeg4", {"qscale": "3"}))
_VP9 = (("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0", "row-mt": "1"}), ("libvpx", {"b": "4M"}))
_FORMATS: dict[str, str] = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".avi": "avi", ".webm": "webm"}
_LEAST_TICKS = 10_000  # a second, so that frames of a varying rate keep their times
_MPEG4_LARGEST = 65_535  # of the numbers in its clock
_MOST_THREADS = 4
av.logging.set_level(None)


class VideoEncoder:
    """Takes frames of one size at ascending times.

    Args:
        path: where to write, a file that may be replaced.
        named: what messages name instead.
        fps: frames per second on average; for .avi, exactly.
        size: width and height in pixels.
        sound: goes beside the pictures.

    Raises:
        SSPNetError: no encoder for this container, or the system refuses.
    """

    def __init__(self, path: Path, named: Path, fps: float, size: tuple[int, int], sound: Sound | None) -> None:
        self._named, self._size, self._even = named, size, (size[0] + size[0] % 2, size[1] + size[1] % 2)
        suffix = path.suffix.lower()
        even = suffix == ".avi"
        rate = _as_fraction(fps, _MPEG4_LARGEST if even else 1 << 31)
        scale = max(1, -(-_LEAST_TICKS // rate.numerator))
        self._tick, self._last = 1 / rate if even else Fraction(1, rate.numerator * scale), -1
        with writing(named), _named_errors(named):
            # "file:" keeps a colon in the name from being read as a protocol.
            self._container: Any = av.open(f"file:{path}", "w", format=_FORMATS[suffix], options=_container_options(suffix))
            self._stream: Any = self._add_stream(suffix, rate)
            self._sound = None if sound is None else sound.into(self._container, suffix)

    def _add_stream(self, suffix: str, rate: Fraction) -> Any:
        for codec, options in _VP9 if suffix == ".webm" else (("mpeg4", {"qscale": "3"}),) if suffix == ".avi" else _H264:
            try:
                stream: Any = self._container.add_stream(codec, rate=rate, options=dict(options))
            except (av.FFmpegError, ValueError):
                continue
            stream.width, stream.height = self._even
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = self._tick
            stream.codec_context.thread_count = min(usable_cores(), _MOST_THREADS)
            return stream
        self._container.close()
        raise SSPNetError(f"cannot write {self._named}: this build of PyAV has no encoder for {suffix}; try .avi")

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Append a frame, (H, W, 3) uint8 BGR."""
        if self._even != self._size:
            right, below = self._even[0] - self._size[0], self._even[1] - self._size[1]
            image = np.pad(image, ((0, below), (0, right), (0, 0)), mode="edge")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
        self._last = max(self._last + 1, round(time_s / self._tick))
        frame.pts, frame.time_base = self._last, self._tick
        with writing(self._named), _named_errors(self._named):
            self._mux(self._stream.encode(frame))
            if self._sound is not None:
                self._sound.mux_until(time_s)

    def _mux(self, packets: Iterable[Any]) -> None:
        for packet in packets:
            self._container.mux(packet)

    def close(self, complete: bool = True) -> None:
        """Complete the file; without `complete`, only let go of it."""
        with writing(self._named), _named_errors(self._named):
            try:
                if complete:
                    self._mux(self._stream.encode(None))
                    if self._sound is not None:
                        self._sound.mux_until(float(self._last * self._tick) + 0.1)
                        self._sound.end()
            finally:
                self._container.close()


def _as_fraction(fps: float, largest: int) -> Fraction:
    """The rate with a small denominator, as 30000/1001, whose numbers are not above `largest`."""
    if fps < 1:
        return 1 / _as_fraction(1 / fps, largest)
    return Fraction(fps).limit_denominator(max(1, min(1001, int(largest / (fps + 1)))))


def _container_options(suffix: str) -> dict[str, str]:
    """The index in front, so that a browser plays before it has the whole file."""
    return {"movflags": "+faststart"} if suffix in (".mp4", ".m4v", ".mov") else {}


@contextlib.contextmanager
def _named_errors(named: Path) -> Iterator[None]:
    """Errors of FFmpeg that are no errors of the system become ours."""
    try:
        yield
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise SSPNetError(f"cannot write {named}: {str(error).lower()}") from error
