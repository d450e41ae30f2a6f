"""Decode video with PyAV, which brings an FFmpeg of its own: any container, orientation and true times included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

import av
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.display import display_turns, oriented
from sspnet_sdk.errors import ImageError

_LIVE_OPTIONS = {"rtsp_transport": "tcp", "fflags": "nobuffer"}
_MOST_DAMAGED = 1000  # packets in a row; then nothing sensible follows
av.logging.set_level(None)


class VideoDecoder:
    """The pictures of the best video track, upright, with square pixels and their own times.

    Args:
        target: an address, or an open binary file: names that FFmpeg would misread (colons, other encodings) never reach it.
        name: how messages name the source.
        patience_s: for an address: how long it may say nothing.

    Attributes:
        fps: frames per second on average; None if the source does not say.
        frames: how many there are about; None if the source does not say.
        begin_s: the source's own time of its first frame; None before that came.
        damage: what was found broken so far, in words; empty if nothing was.

    Raises:
        ImageError: it does not open, or holds no video that can be decoded.
    """

    def __init__(self, target: str | IO[bytes], name: str, patience_s: float | None = None) -> None:
        self._name, self.damage = name, ""
        self.begin_s: float | None = None
        address = isinstance(target, str)
        try:
            self._container: Any = av.open(
                target,
                options=_LIVE_OPTIONS if address else {},
                timeout=patience_s if address else None,
                metadata_errors="replace",
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            raise ImageError(_why_not(name, address, error)) from None
        stream: Any = self._container.streams.best("video")
        if stream is None:
            self._container.close()
            raise ImageError(f"{name} holds no video (no picture track)")
        self._stream = stream
        if stream.codec_context is None:
            self._container.close()
            raise ImageError(f"{name} holds video of a kind that this FFmpeg cannot decode: convert it to H.264")
        stream.thread_type = "AUTO"
        self.fps = float(stream.average_rate or stream.guessed_rate or 0) or None
        self.duration_s = self._duration()
        self.frames = round(self.duration_s * self.fps) if self.duration_s and self.fps else stream.frames or None

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], float | None]]:
        """(H, W, 3) uint8 BGR, and seconds by the source's own clock (None where it has none).

        Raises:
            ImageError: a stream broke.
        """
        broken = in_a_row = 0
        for packet in self._packets():
            try:
                frames = packet.decode()
                in_a_row = 0
            except (av.FFmpegError, OSError):
                broken, in_a_row = broken + 1, in_a_row + 1
                self.damage = f"{broken} of its packets cannot be decoded"
                if in_a_row > _MOST_DAMAGED:
                    return
                continue
            for frame in frames:
                if self.begin_s is None:
                    self.begin_s = frame.time or 0.0
                yield self._picture(frame), frame.time

    def _packets(self) -> Iterator[Any]:
        try:
            yield from self._container.demux(self._stream)
        except (av.FFmpegError, OSError) as error:
            self.damage = (getattr(error, "strerror", None) or str(error)).lower()

    def _picture(self, frame: Any) -> NDArray[np.uint8]:
        aspect = self._stream.sample_aspect_ratio or self._stream.codec_context.sample_aspect_ratio
        width = round(frame.width * aspect) if aspect and 0.1 < aspect < 10 else frame.width
        pixels = frame.to_ndarray(format="bgr24", width=width, height=frame.height)
        matrix = next((bytes(data) for data in frame.side_data if data.type.name == "DISPLAYMATRIX"), None)
        return pixels if matrix is None else oriented(pixels, *display_turns(matrix))

    def _duration(self) -> float | None:
        """Seconds from the first frame to the end, as the container states them."""
        stream, container = self._stream, self._container
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        if container.duration and container.duration > 0:  # Matroska counts from zero, not from the first frame
            begin = container.start_time if "matroska" in container.format.name and (container.start_time or 0) > 0 else 0
            return max(container.duration - begin, 0) / av.time_base or None
        return None

    def close(self) -> None:
        """Let go of the source."""
        self._container.close()


def _why_not(name: str, address: bool, error: Exception) -> str:
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    if address:
        return f"{name} does not open: no answer, or not a video ({reason})"
    return f"{name} is not a video that FFmpeg can decode, or it is damaged"
