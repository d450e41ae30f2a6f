"""JSON lines: one object per frame, everything we know about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sspnet_sdk.files.staging import TextFile
from sspnet_sdk.frame import Frame, Person

SCHEMA = 1


def frame_record(frame: Frame) -> dict[str, Any]:
    """The frame as plain values; docs/formats.md names each field with its unit."""
    height, width = frame.image.shape[:2]
    return {
        "schema": SCHEMA,
        "source": frame.source,
        "frame": frame.index,
        "time_s": None if frame.time_s is None else round(frame.time_s, 6),
        "width": width,
        "height": height,
        "people": [_person_record(person) for person in frame.people],
    }


def _person_record(person: Person) -> dict[str, Any]:
    fields = person.pose.to_dict()
    del fields["names"]  # the same in every line: JOINT_NAMES
    return {"id": person.id, **fields}


class JsonLinesWriter:
    """One line per frame, frames without people included."""

    def __init__(self, path: Path | str) -> None:
        self._file = TextFile(path)
        self.files = [Path(path)]

    def write(self, frame: Frame) -> None:
        """Append the frame's line."""
        self._file.write(json.dumps(frame_record(frame), separators=(",", ":"), allow_nan=False) + "\n")

    def close(self) -> None:
        """Complete the file."""
        self._file.close()

    def discard(self) -> None:
        """Leave what was there before."""
        self._file.discard()
