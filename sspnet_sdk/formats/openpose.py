"""OpenPose JSON, BODY_25 unless told otherwise: one file per frame in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sspnet_sdk.errors import OptionError
from sspnet_sdk.files.staging import write_text, writing
from sspnet_sdk.frame import Frame, Person
from sspnet_sdk.poses.layouts import BODY_25, Layout

_EMPTY = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d", "pose_keypoints_3d", "face_keypoints_3d")
_NOBODY = -1  # OpenPose's own id of whom it does not follow


def _person(person: Person, layout: Layout) -> dict[str, Any]:
    empty: dict[str, Any] = {name: [] for name in (*_EMPTY, "hand_left_keypoints_3d", "hand_right_keypoints_3d")}
    keypoints = layout.rows(person.pose).round(4).ravel().tolist()
    doubt = {"unsure": True} if person.pose.unsure else {}
    return {"person_id": [_NOBODY if person.pose.unsure else person.id], "pose_keypoints_2d": keypoints, **empty, **doubt}


class OpenPoseWriter:
    """`NAME_keypoints.json` for a picture, `NAME_000000000000_keypoints.json` for a video's frame, as OpenPose names them.

    Args:
        layout: of `pose_keypoints_2d`.
    """

    def __init__(self, folder: Path, layout: Layout = BODY_25) -> None:
        if folder.exists() and not folder.is_dir():
            raise OptionError(f"{folder} is a file: OpenPose JSON needs a folder, it has one file per frame")
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._layout = folder, layout
        self._stems: dict[str, str] = {}  # of files -> the source whose they are
        self.files = [folder]

    def write(self, frame: Frame) -> None:
        """Write the frame's file."""
        name = self._name(frame.source)
        number = "" if frame.time_s is None else f"_{frame.index:012d}"
        content = {"version": 1.3, "people": [_person(person, self._layout) for person in frame.people]}
        write_text(self._folder / f"{name}{number}_keypoints.json", json.dumps(content, separators=(",", ":"), allow_nan=False))

    def _name(self, source: str) -> str:
        """The source's stem; the second source of one stem gets `stem.2`, so that no file is written twice."""
        stem = Path(source).stem.replace("/", "_") or "frame"
        name, count = stem, 1
        while self._stems.setdefault(name, source) != source:
            count += 1
            name = f"{stem}.{count}"
        return name

    def close(self) -> None:
        """Every file is complete already."""

    def discard(self) -> None:
        """Files of frames that were written stay: each is complete."""
