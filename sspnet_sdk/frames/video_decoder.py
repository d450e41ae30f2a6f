"""Decode video with PyAV, which brings an FFmpeg of its own: any container, orientation and true times included."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from collections.abc import Iterator
from typing import IO, Any

import av
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import ImageError
from sspnet_sdk.frames.frame_times import Stamps, usual_rate
from sspnet_sdk.frames.piped import Piped
from sspnet_sdk.frames.pyav_options import READING
from sspnet_sdk.images.display import BY_TAG, Turns, display_turns, oriented
from sspnet_sdk.images.file_kind import no_media

_LIVE_OPTIONS = {"rtsp_transport": "tcp"}
_TELL_RATE, _WHOLE_RATE = 120, 10.0  # frames; frames per second
_MOST_DAMAGED = 1000  # packets in a row; then nothing sensible follows
_HEAD = 1 << 12
_LOOK_FOR_LOSS = 4  # packets after one that looked corrupt
_LONGEST_LOSS_S = 10.0  # beyond, a stream's clock was set anew
_LEAPING = ("mpegts", "mpeg")
_RAW = ("yuv4mpegpipe",)
_JPEGS_IN_A_ROW, _PADDING = ("mjpeg", "jpeg_pipe", "mpjpeg"), 64
_PLAYLISTS = ("hls", "dash")  # their size is the list's
_TEXT_ART = ("tty", "bin", "xbin", "adf", "idf")  # FFmpeg draws text files as pictures
_NEVER_DISPLAYED = av.stream.Disposition.attached_pic
av.logging.set_level(None)


class VideoDecoder:
    """The pictures of the best video track, upright, with square pixels and their own times.

    Args:
        target: an address, or an open binary file: names that FFmpeg would misread (colons, other encodings) never reach it.
        name: how messages name the source.
        patience_s: for an address: how long it may say nothing.

    Attributes:
        fps: frames per second on average; None if neither the source nor its first frames' times say.
        frames: how many there are about; None if the source does not say.
        duration_s: how long it is from its first frame on, as it says itself; None if it does not.
        begin_s: the source's own time of its first frame; None before that came.
        leaps: its clock may be set anew at any frame.

    Raises:
        ImageError: it does not open, or holds no video that can be decoded.
    """

    def __init__(self, target: str | IO[bytes] | Piped, name: str, patience_s: float | None = None) -> None:
        self._target, self._patience_s = target, patience_s
        self.begin_s: float | None = None
        try:
            self._container: Any = self._opened()
        except (av.FFmpegError, OSError, ValueError) as error:
            raise ImageError(_why_not(target, name, self._words(error))) from None
        try:
            self._stream = self._picture_track(name)
        except ImageError:
            self._container.close()
            raise
        self.leaps = self._container.format.name in _LEAPING
        stated = self._rate()
        self.fps = stated or self._rate_by_times(name)
        self._stream.thread_type = "AUTO"
        self.duration_s = self._duration()
        self.frames = round(self.duration_s * stated) if self.duration_s and stated else self._stream.frames or None
        self._undecoded = self._marred = 0
        self._stopped = ""
        self._before_s: float | None = None
        self._suspect = -1
        self._span: tuple[float, float] | None = None

    def _opened(self) -> Any:
        address = isinstance(self._target, str)
        options, timeout = (_LIVE_OPTIONS, self._patience_s) if address else ({}, None)
        return av.open(self._target, options=options, timeout=timeout, **READING)

    def _words(self, error: Exception) -> str:
        if isinstance(error, av.ExitError):  # what PyAV makes of its time being up
            return f"nothing came for {self._patience_s:g} s"
        return (getattr(error, "strerror", None) or str(error)).lower()

    def _picture_track(self, name: str) -> Any:
        stream: Any = self._container.streams.best("video")
        if stream is None:
            raise ImageError(f"{name} holds no video (no picture track)")
        if stream.disposition & _NEVER_DISPLAYED:
            raise ImageError(f"{name} holds no video: it is sound with a cover picture")
        if self._container.format.name in _TEXT_ART:
            raise ImageError(f"{name} is a text file, not a video")
        if stream.codec_context is None:
            raise ImageError(f"{name} holds video of a kind that this FFmpeg cannot decode: convert it to H.264")
        return stream

    @property
    def has_end(self) -> bool:
        """Whether the source says how long it is, in time or in bytes."""
        if self.frames or self.duration_s:
            return True
        try:
            return self._container.format.name not in _PLAYLISTS and (self._container.size or 0) > 0
        except (av.FFmpegError, OSError):
            return False

    @property
    def damage(self) -> str:
        """What was found broken so far, in words; empty if nothing was."""
        if self._stopped:
            return self._stopped
        if self._undecoded:
            return f"{self._undecoded} of its packets cannot be decoded"
        return f"{self._marred} of its frames are damaged" if self._marred else ""

    @property
    def reached_s(self) -> float | None:
        """How much of `duration_s` was read; None before the first packet."""
        return None if self._span is None else self._span[1] - self._span[0]

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], float | None]]:
        """(H, W, 3) uint8 BGR, and seconds by the source's own clock (None where it has none)."""
        in_a_row, stamps = 0, Stamps(self._container.format.name == "avi")
        for packet in self._packets():
            try:
                frames = packet.decode()
                in_a_row = 0
            except (av.FFmpegError, OSError):
                self._undecoded, in_a_row = self._undecoded + 1, in_a_row + 1
                if in_a_row > _MOST_DAMAGED:
                    return
                continue
            self._marred += max(sum(frame.is_corrupt for frame in frames), self._is_hurt(packet))
            for frame in frames:
                stamp = stamps.choose(frame.pts, frame.dts)
                time_s = None if stamp is None else float(stamp * frame.time_base)
                if self.begin_s is None:
                    self.begin_s = time_s or 0.0
                yield self._picture(frame), time_s

    def _packets(self) -> Iterator[Any]:
        """Packets of the picture track; a part without content says that the picture stays, and a flush ends the track."""
        end = 0
        try:
            for packet in self._container.demux():
                ours, stamp = packet.stream is self._stream, packet.pts if packet.pts is not None else packet.dts
                if stamp is not None and (ours or not self._own_duration):
                    self._reach(float(stamp * packet.time_base), float((packet.duration or 0) * packet.time_base))
                if ours and packet.size:
                    end = (packet.pos or 0) + packet.size
                if ours and (packet.size or stamp is None):
                    yield packet
        except (av.FFmpegError, OSError) as error:
            self._stopped = self._words(error)
        if self._container.format.name in _RAW and _ends_within_a_frame(self._target, end):
            self._stopped = "it ends in the middle of a frame"

    def _is_hurt(self, packet: Any) -> bool:
        """Whether content is lost in this packet, or before it: where broadcast streams join, one looks corrupt that is not."""
        if self._container.format.name in _JPEGS_IN_A_ROW:
            return bool(packet.size) and b"\xff\xd9" not in bytes(packet)[-_PADDING:]
        if not self.leaps:
            return bool(packet.is_corrupt)
        if packet.dts is None:
            return False
        now = float(packet.dts * packet.time_base)
        before, self._before_s = self._before_s, now
        self._suspect = _LOOK_FOR_LOSS if packet.is_corrupt else self._suspect - 1
        least = 1.5 / self.fps if self.fps else 0.0
        return self._suspect >= 0 and before is not None and least < now - before < _LONGEST_LOSS_S

    def _reach(self, begin: float, lasts: float) -> None:
        first, last = self._span or (begin, begin)
        self._span = min(first, begin), max(last, begin + lasts)

    def _picture(self, frame: Any) -> NDArray[np.uint8]:
        aspect = self._stream.sample_aspect_ratio or self._stream.codec_context.sample_aspect_ratio
        width = round(frame.width * aspect) if aspect and 0.1 < aspect < 10 else frame.width
        pixels = frame.to_ndarray(format="bgr24", width=width, height=frame.height)
        return oriented(pixels, *_turns(frame))

    def _rate(self) -> float | None:
        """Frames per second. FFmpeg counts fields where it guesses; AVI may state the rate of its clock.

        Browsers' recordings (WebM) state none, and what FFmpeg guesses, and states in its copies of them, is the ticks of their
        clock.
        """
        stream = self._stream
        guessed = stream.guessed_rate
        if "matroska" in self._container.format.name and stream.average_rate and stream.average_rate * stream.time_base == 1:
            return None
        if not stream.average_rate:
            guesses = [rate for rate in (guessed, stream.codec_context.framerate) if rate and rate * stream.time_base != 1]
            return float(min(guesses)) if guesses else None
        if self._container.format.name == "avi" and guessed:
            return float(min(stream.average_rate, guessed))
        return float(stream.average_rate)

    def _rate_by_times(self, name: str) -> float | None:
        """The same of a file that states none, by the stamps of its first frames: to a whole number, since steps vary and clocks
        tick in milliseconds. None where they cannot be read twice. The file is opened anew afterwards.
        """
        target = self._target
        if isinstance(target, (str, Piped)):
            return None
        stamps: list[float] = []
        with contextlib.suppress(av.FFmpegError, OSError):
            for packet in itertools.islice(self._container.demux(self._stream), _TELL_RATE):
                stamps += [] if packet.pts is None else [float(packet.pts * packet.time_base)]
        self._container.close()
        target.seek(0)
        self._container = self._opened()
        self._stream = self._picture_track(name)
        rate = usual_rate(sorted(stamps))
        return rate if rate is None or rate < _WHOLE_RATE else float(round(rate))

    @property
    def _own_duration(self) -> bool:
        """Whether the picture track has a length of its own; ASF gives every track the file's."""
        return bool(self._stream.duration and self._stream.time_base and self._container.format.name != "asf")

    def _duration(self) -> float | None:
        stream, container = self._stream, self._container
        if self._own_duration:
            return float(stream.duration * stream.time_base)
        if container.duration and container.duration > 0:  # Matroska counts from zero, not from the first frame
            begin = container.start_time if "matroska" in container.format.name and (container.start_time or 0) > 0 else 0
            return max(container.duration - begin, 0) / av.time_base or None
        return None

    def close(self) -> None:
        """Let go of the source. Standard input stays open: it is not ours."""
        self._container.close()
        if not isinstance(self._target, (str, Piped)) and self._target is not getattr(sys.stdin, "buffer", None):
            self._target.close()


def _turns(frame: Any) -> Turns:
    try:
        matrix = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # PyAV names no kind of data that is newer than itself
        turned = {90: 8, 180: 3, -180: 3, -90: 6, 270: 6}.get(frame.rotation, 1)
        return BY_TAG[turned]
    return BY_TAG[1] if matrix is None else display_turns(bytes(matrix))


def _ends_within_a_frame(target: str | IO[bytes] | Piped, end: int) -> bool:
    """Whether more came than the last whole frame of raw pictures."""
    if isinstance(target, Piped):
        return target.count > end
    return not isinstance(target, str) and os.fstat(target.fileno()).st_size > end


def _why_not(target: str | IO[bytes] | Piped, name: str, reason: str) -> str:
    if isinstance(target, str):
        return f"{name} does not open: no answer, or not a video ({reason})"
    if instead := no_media(_head(target)):
        return f"{name} is {instead}, not a video"
    return f"{name} is not a video that FFmpeg can decode, or it is damaged"


def _head(target: IO[bytes] | Piped) -> bytes:
    if isinstance(target, Piped):
        return target.head
    target.seek(0)
    return target.read(_HEAD)
