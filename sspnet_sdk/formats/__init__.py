"""Write people to files that other tools read: one file per format, all with the same three methods."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from sspnet_sdk.errors import OptionError
from sspnet_sdk.formats.bvh import bvh_text
from sspnet_sdk.formats.coco import CocoWriter
from sspnet_sdk.formats.csv import CsvWriter
from sspnet_sdk.formats.jsonl import JsonLinesWriter, frame_record
from sspnet_sdk.formats.motion import MotionWriter
from sspnet_sdk.formats.openpose import OpenPoseWriter
from sspnet_sdk.formats.trc import trc_text
from sspnet_sdk.frame import Frame

__all__ = ["FORMATS", "Writer", "frame_record", "open_writer"]


class Writer(Protocol):
    """Takes frames one by one."""

    def write(self, frame: Frame) -> None:
        """Add a frame; frames come in order."""

    def close(self) -> None:
        """Complete the file and give it its name."""

    def discard(self) -> None:
        """Leave what was under the name as it was."""


FORMATS: dict[str, Callable[[Path | str, float], Writer]] = {
    "json": lambda path, _: JsonLinesWriter(path),
    "csv": lambda path, _: CsvWriter(path),
    "coco": lambda path, _: CocoWriter(path),
    "openpose": lambda path, _: OpenPoseWriter(Path(path)),
    "trc": lambda path, fps: MotionWriter(Path(path), fps, trc_text),
    "bvh": lambda path, fps: MotionWriter(Path(path), fps, lambda joints, rate, _: bvh_text(joints, rate)),
}


def open_writer(name: str, path: Path | str, fps: float = 30.0) -> Writer:
    """A writer of the format `name` to `path` ("-" is standard output for json and csv; openpose takes a folder).

    `fps` is the frame rate that TRC and BVH state, which need an even one: frames are placed on it by their time.

    Raises:
        OptionError: for an unknown format or a path that cannot be written to.
    """
    if name not in FORMATS:
        raise OptionError(f"unknown format {name!r}: choose one of {', '.join(FORMATS)}")
    if not 0.0 < fps < 1e5:
        raise OptionError(f"fps must be a positive number, not {fps!r}")
    return FORMATS[name](path, fps)
