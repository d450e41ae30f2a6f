"""The sound of a video, carried over into another file beside its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from sspnet_sdk.frames.pyav_options import READING

# What a container takes as it is; other sound is encoded anew.
_TAKEN = {
    "mp4": ("aac", "mp3", "ac3", "eac3", "opus", "flac", "alac"),
    "mov": ("aac", "mp3", "ac3", "eac3", "alac", "pcm_s16le"),
    "matroska": ("aac", "mp3", "ac3", "eac3", "opus", "flac", "vorbis", "pcm_s16le"),
    "webm": ("opus", "vorbis"),
    "avi": ("mp3", "ac3", "pcm_s16le"),
}
_CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".avi": "avi"}
_MOST_RATE = 48_000
_SHORTEST_GAP_S = 0.01  # stamps are rounded, and resampling holds some samples back
_ENCODERS = {"mp4": "aac", "mov": "aac", "matroska": "aac", "webm": "libopus", "avi": "ac3"}


class Sound:
    """The best sound track of `path`, from `begin_s` of that file's clock on."""

    def __init__(self, path: Path, begin_s: float) -> None:
        self._path, self._begin_s = path, begin_s

    def into(self, target: Any, suffix: str) -> SoundTrack | None:
        """A track of `target`, an open container that is written; None if the source is silent."""
        source = av.open(self._path.open("rb"), **READING)
        stream: Any = source.streams.best("audio")
        if stream is None or stream.codec_context is None:
            source.close()
            return None
        container = _CONTAINERS[suffix]
        timed = container != "avi" or source.format.name == "avi"  # AVI has sound without times, so others' pauses would be lost
        if timed and stream.codec_context.codec.canonical_name in _TAKEN[container]:
            return SoundTrack(source, stream, target, target.add_stream_from_template(stream), self._begin_s, encode=False)
        track: Any = target.add_stream(_ENCODERS[container], rate=_rate(_ENCODERS[container], stream.codec_context.sample_rate))
        track.codec_context.layout = "stereo" if stream.codec_context.channels > 1 else "mono"
        return SoundTrack(source, stream, target, track, self._begin_s, encode=True)


class SoundTrack:
    """Hands over packets up to the time of the pictures."""

    def __init__(self, source: Any, stream: Any, target: Any, track: Any, begin_s: float, encode: bool) -> None:
        self._source, self._target, self._track, self._begin_s = source, target, track, begin_s
        self._packets = self._encoded(stream) if encode else self._copied(stream)
        self._waiting: Any = None

    def mux_until(self, time_s: float) -> None:
        """Everything that is heard before `time_s` of the pictures."""
        while True:
            self._waiting = self._waiting or next(self._packets, None)
            if self._waiting is None or float(self._waiting.pts * self._waiting.time_base) > time_s:
                return
            self._target.mux(self._waiting)
            self._waiting = None

    def end(self) -> None:
        """Let go of the source."""
        self._source.close()

    def _copied(self, stream: Any) -> Iterator[Any]:
        for packet in self._source.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue
            late = round(self._begin_s / packet.time_base)
            packet.pts, packet.dts = packet.pts - late, packet.dts - late
            if packet.pts >= 0:
                packet.stream = self._track
                yield packet

    def _encoded(self, stream: Any) -> Iterator[Any]:
        context = self._track.codec_context
        fifo: Any = av.AudioFifo()
        heard = 0
        for sound in self._without_gaps(stream):
            fifo.write(sound)
            while (part := fifo.read(context.frame_size or 1024)) is not None:
                yield from self._encode(part, heard)
                heard += part.samples
        rest = fifo.read(0, True) if fifo.samples else None
        if rest is not None:
            yield from self._encode(rest, heard)
        yield from self._track.encode(None)

    def _without_gaps(self, stream: Any) -> Iterator[Any]:
        """The sound as the encoder takes it, from the first picture on: silence until it begins, and wherever it pauses."""
        context = self._track.codec_context
        resampler = av.AudioResampler(format=context.format, layout=context.layout, rate=context.sample_rate, frame_size=0)
        rate, given = context.sample_rate, 0
        for frame in self._source.decode(stream):
            if frame.time is not None and frame.time < self._begin_s:
                continue
            missing = 0 if frame.time is None else round((frame.time - self._begin_s) * rate) - given
            if missing > _SHORTEST_GAP_S * rate:
                yield from _silence(context, missing)
                given += missing
            frame.pts = None
            for part in resampler.resample(frame):
                part.pts, part.time_base = None, Fraction(1, rate)
                given += part.samples
                yield part

    def _encode(self, part: Any, heard: int) -> Iterator[Any]:
        part.pts, part.time_base = heard, Fraction(1, part.sample_rate)
        yield from self._track.encode(part)


def _silence(context: Any, samples: int) -> Iterator[Any]:
    """So many samples in the encoder's form, a second at a time: a broken stamp may be hours ahead."""
    rate = context.sample_rate
    for begin in range(0, samples, rate):
        frame = av.AudioFrame(format=context.format, layout=context.layout, samples=min(rate, samples - begin))
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        yield frame


def _rate(encoder: str, wanted: int) -> int:
    """Samples per second that the encoder takes: the source's, if it can be."""
    taken = av.Codec(encoder, "w").audio_rates
    return wanted if wanted <= _MOST_RATE and (not taken or wanted in taken) else _MOST_RATE
