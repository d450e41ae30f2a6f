"""OpenPose JSON, BODY_25: one file per frame in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from sspnet_sdk.errors import OptionError
from sspnet_sdk.frame import Frame, Person
from sspnet_sdk.pose import Pose
from sspnet_sdk.staging import write_text, writing

# OpenPose's "neck" lies between the shoulders, where we have the thorax; nose, eyes, ears and toes we do not have.
_BODY_25_TO_OURS = {1: 8, 2: 14, 3: 15, 4: 16, 5: 11, 6: 12, 7: 13, 8: 0, 9: 1, 10: 2, 11: 3, 12: 4, 13: 5, 14: 6}
_EMPTY = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d", "pose_keypoints_3d", "face_keypoints_3d")


def body_25(pose: Pose) -> list[float]:
    """25 x (x, y, confidence), flat; (0, 0, 0) for the joints that we do not have."""
    rows = np.zeros((25, 3))
    theirs, ours = list(_BODY_25_TO_OURS), list(_BODY_25_TO_OURS.values())
    rows[theirs, :2] = pose.keypoints[ours] - 0.5  # OpenPose counts from the centre of the first pixel
    rows[theirs, 2] = pose.confidence[ours]
    return [float(value) for value in rows.round(4).ravel()]


def _person(person: Person) -> dict[str, Any]:
    empty: dict[str, Any] = {name: [] for name in (*_EMPTY, "hand_left_keypoints_3d", "hand_right_keypoints_3d")}
    return {"person_id": [person.id], "pose_keypoints_2d": body_25(person.pose), **empty}


class OpenPoseWriter:
    """`NAME_keypoints.json` for a picture, `NAME_000000000000_keypoints.json` for a video's frame, as OpenPose names them."""

    def __init__(self, folder: Path) -> None:
        if folder.exists() and not folder.is_dir():
            raise OptionError(f"{folder} is a file: OpenPose JSON needs a folder, it has one file per frame")
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def write(self, frame: Frame) -> None:
        """Write the frame's file."""
        name = Path(frame.source).stem.replace("/", "_") or "frame"
        number = "" if frame.time_s is None else f"_{frame.index:012d}"
        content = {"version": 1.3, "people": [_person(person) for person in frame.people]}
        write_text(self._folder / f"{name}{number}_keypoints.json", json.dumps(content, separators=(",", ":"), allow_nan=False))

    def close(self) -> None:
        """Every file is complete already."""

    def discard(self) -> None:
        """Files of frames that were written stay: each is complete."""
