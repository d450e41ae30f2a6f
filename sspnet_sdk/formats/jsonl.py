"""JSON lines: one object per frame, everything we know about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sspnet_sdk.frame import Frame, Person
from sspnet_sdk.staging import TextFile

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
    pose = person.pose
    return {
        "id": person.id,
        "box": _rounded(pose.box, 2),
        "keypoints": _rounded(pose.keypoints, 2),
        "joints3d": _rounded(pose.joints3d, 1),
        "confidence": _rounded(pose.confidence, 4),
        "cut": int(pose.cut),
        "input_size": int(pose.input_size),
        "latency_ms": round(float(pose.latency_ms), 3),
        "unsure": bool(pose.unsure),
        **({} if pose.joints3d_camera is None else {"joints3d_camera": _rounded(pose.joints3d_camera, 1)}),
    }


def _rounded(values: Any, digits: int) -> Any:
    return values.astype(float).round(digits).tolist()


class JsonLinesWriter:
    """One line per frame, frames without people included."""

    def __init__(self, path: Path | str) -> None:
        self._file = TextFile(path)

    def write(self, frame: Frame) -> None:
        """Append the frame's line."""
        self._file.write(json.dumps(frame_record(frame), separators=(",", ":"), allow_nan=False) + "\n")

    def close(self) -> None:
        """Complete the file."""
        self._file.close()

    def discard(self) -> None:
        """Leave what was there before."""
        self._file.discard()
