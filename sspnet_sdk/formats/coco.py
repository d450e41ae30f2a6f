"""COCO keypoint results, as `COCO.loadRes` of pycocotools reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from sspnet_sdk.frame import Frame
from sspnet_sdk.pose import Pose
from sspnet_sdk.staging import TextFile

_PERSON = 1
# COCO's shoulders, elbows, wrists, hips, knees, ankles and our numbers; its nose, eyes and ears (0-4) we do not have.
_COCO_TO_OURS = {5: 11, 6: 14, 7: 12, 8: 15, 9: 13, 10: 16, 11: 4, 12: 1, 13: 5, 14: 2, 15: 6, 16: 3}


def coco_keypoints(pose: Pose) -> list[float]:
    """COCO's 17 x (x, y, confidence), flat; (0, 0, 0) for nose, eyes and ears.

    COCO counts pixels from the centre of the first, so x and y are half a pixel less than `Pose.keypoints`.
    """
    rows = np.zeros((17, 3))
    theirs, ours = list(_COCO_TO_OURS), list(_COCO_TO_OURS.values())
    rows[theirs, :2] = pose.keypoints[ours] - 0.5
    rows[theirs, 2] = np.maximum(pose.confidence[ours], 1e-4)  # 0 would say "not labelled"
    return [float(value) for value in rows.round(4).ravel()]


def image_id(frame: Frame) -> int:
    """The number that the file's name is (COCO names its images so), else the frame's index."""
    stem = Path(frame.source).stem
    return int(stem) if frame.time_s is None and stem.isascii() and stem.isdigit() else frame.index


class CocoWriter:
    """One JSON list with an object per person."""

    def __init__(self, path: Path | str) -> None:
        self._file = TextFile(path)
        self._separator = "[\n"

    def write(self, frame: Frame) -> None:
        """Append the frame's people."""
        for person in frame.people:
            result: dict[str, Any] = {
                "image_id": image_id(frame),
                "category_id": _PERSON,
                "keypoints": coco_keypoints(person.pose),
                "score": round(person.pose.certainty, 4),
                "bbox": person.pose.box.astype(float).round(2).tolist(),
            }
            self._file.write(self._separator + json.dumps(result, separators=(",", ":"), allow_nan=False))
            self._separator = ",\n"

    def close(self) -> None:
        """Complete the list."""
        self._file.write("[]\n" if self._separator == "[\n" else "\n]\n")
        self._file.close()

    def discard(self) -> None:
        """Leave what was there before."""
        self._file.discard()
