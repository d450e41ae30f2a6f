"""Write people to files that other tools read: one file per format, all with the same methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sspnet_sdk.errors import OptionError, SSPNetError
from sspnet_sdk.formats.bvh import bvh_text
from sspnet_sdk.formats.coco import CocoWriter
from sspnet_sdk.formats.csv import CsvWriter
from sspnet_sdk.formats.jsonl import JsonLinesWriter, frame_record
from sspnet_sdk.formats.motion import Motions, MotionWriter, PutRight, over_the_floor, with_rigid_bones
from sspnet_sdk.formats.openpose import OpenPoseWriter
from sspnet_sdk.formats.parquet import ParquetWriter
from sspnet_sdk.formats.trc import trc_pixels_text, trc_text
from sspnet_sdk.frame import Frame, check_finite, check_frame
from sspnet_sdk.given import given_path, is_word
from sspnet_sdk.given_number import check_fps
from sspnet_sdk.motion.floor import check_pitch
from sspnet_sdk.poses.layouts import layout_named

__all__ = ["FORMATS", "UNITS", "Writer", "frame_record", "open_writer"]

UNITS = ("mm", "px")
_FINITE = {
    "json": ("keypoints", "joints3d", "confidence", "box", "joints3d_camera"),
    "coco": ("keypoints", "confidence", "box"),
    "openpose": ("keypoints", "confidence"),
    "bvh": ("joints3d",),
}
"""What of a pose a format cannot do without; tables and plain TRC leave a place empty."""


class Writer(Protocol):
    """Takes frames one by one."""

    files: list[Path]
    """What is written; of formats with a file for each person, complete after `close`."""

    def write(self, frame: Frame) -> None:
        """Add a frame; frames come in order."""

    def close(self) -> None:
        """Complete the file and give it its name."""

    def discard(self) -> None:
        """Leave what was under the name as it was."""


@dataclass(frozen=True)
class _WriterOptions:
    fps: float
    layout: str | None
    units: str
    rigid: bool
    floor: Any

    @property
    def put_right(self) -> list[PutRight]:
        """What TRC and BVH do to people's motions."""
        steps: list[PutRight] = [with_rigid_bones] if self.rigid else []
        if self.floor is not None:
            pitch = check_pitch(self.floor)
            steps.append(lambda tracks: over_the_floor(tracks, pitch))
        return steps


def _trc(path: Path, options: _WriterOptions) -> Writer:
    if options.units == "px":
        return MotionWriter(path, options.fps, Motions.whole, trc_pixels_text)
    return MotionWriter(path, options.fps, Motions.stretches, trc_text, options.put_right)


FORMATS: dict[str, Callable[[Path, _WriterOptions], Writer]] = {
    "json": lambda path, _: JsonLinesWriter(path),
    "csv": lambda path, _: CsvWriter(path),
    "parquet": lambda path, _: ParquetWriter(path),
    "coco": lambda path, options: CocoWriter(path, layout_named(options.layout or "coco_17")),
    "openpose": lambda path, options: OpenPoseWriter(path, layout_named(options.layout or "body_25")),
    "trc": _trc,
    "bvh": lambda path, options: MotionWriter(
        path, options.fps, Motions.whole, lambda track, _: bvh_text(track, options.fps), options.put_right
    ),
}


def open_writer(
    name: str,
    path: Path | str,
    fps: float = 30.0,
    *,
    keep_unsure: bool = False,
    layout: str | None = None,
    units: str = "mm",
    rigid: bool = False,
    floor: Any = None,
) -> Writer:
    """A writer of the format `name` to `path` ("-" is standard output for json and csv; openpose takes a folder).

    Args:
        name: one of FORMATS.
        path: where to.
        fps: frame rate that BVH states, which needs an even one, and of pictures in TRC and BVH.
        keep_unsure: write poses that are `unsure` too, marked as such (docs/formats.md says how); else they are left out.
        layout: keypoints of openpose and coco: "body_25", "coco_17" or "halpe_26"; None: OpenPose's 25, COCO's 17.
        units: of trc: "mm", or "px" as Sports2D loads them.
        rigid: trc and bvh in mm: bones of constant length, one skeleton per person.
        floor: trc and bvh in mm: axes along gravity, heights above the floor; "auto", or the camera's pitch in degrees.

    Raises:
        OptionError: for an unknown format, layout or unit, or a path that cannot be written to.
        SSPNetError: the library that a format needs is not installed.
    """
    if not is_word(name, FORMATS):
        raise OptionError(f"unknown format {name!r:.80}: choose one of {', '.join(FORMATS)}")
    fps = check_fps(fps)
    if not is_word(units, UNITS):
        raise OptionError(f"unknown unit {units!r:.80}: choose one of {', '.join(UNITS)}")
    if layout is not None:
        layout_named(layout)
    if floor is not None:
        check_pitch(floor)
    path = given_path(path)
    options = _WriterOptions(fps, layout, units, rigid, floor)
    finite = _FINITE.get(name, ("joints3d",) if name == "trc" and options.put_right else ())
    return _Checked(FORMATS[name](path, options), path, keep_unsure, finite)


class _Checked:
    """Hands frames on until it is closed, without people who are `unsure` unless they are to be kept."""

    def __init__(self, writer: Writer, path: Path, keep_unsure: bool, finite: Sequence[str]) -> None:
        self._writer, self._path, self._keep_unsure, self.files = writer, path, keep_unsure, writer.files
        self._finite = finite
        self._closed = False

    def write(self, frame: Frame) -> None:
        """Add a frame.

        Raises:
            OptionError: it is none, or has a pose that is not finite where the format needs numbers.
            SSPNetError: the writer is closed, or the system refuses to write.
        """
        check_frame(frame)
        if self._closed:
            raise SSPNetError(f"{self._path} is closed: a new writer would replace it")
        written = frame if self._keep_unsure else frame.sure()
        check_finite(written, self._finite)
        self._writer.write(written)

    def close(self) -> None:
        """Complete the file and give it its name; a second time does nothing."""
        self._end(self._writer.close)

    def discard(self) -> None:
        """Leave what was under the name as it was; what is complete stays."""
        self._end(self._writer.discard)

    def _end(self, end: Callable[[], None]) -> None:
        if not self._closed:
            self._closed = True
            end()
