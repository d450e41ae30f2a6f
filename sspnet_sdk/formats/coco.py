"""COCO keypoint results, as `COCO.loadRes` of pycocotools reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sspnet_sdk.files.staging import TextFile
from sspnet_sdk.frame import Frame
from sspnet_sdk.poses.layouts import COCO_17, Layout

_PERSON = 1


class ImageIds:
    """A number for each picture and each frame of a video, which no other has.

    A picture's is the number that its name is (COCO names its images so), else its place among the pictures; a video's frame has
    its own index. Where another source has that number already, the next free one.
    """

    def __init__(self) -> None:
        self._pictures: dict[str, int] = {}
        self._first_of_video: dict[str, int] = {}
        self._highest = -1

    def __call__(self, frame: Frame) -> int:
        """The number of the frame."""
        if frame.time_s is None:
            number = self._pictures.setdefault(frame.source, self._of_picture(frame))
        else:
            number = self._first_of_video.setdefault(frame.source, self._highest + 1) + frame.index
        self._highest = max(self._highest, number)
        return number

    def _of_picture(self, frame: Frame) -> int:
        stem = Path(frame.source).stem
        wanted = int(stem) if stem.isascii() and stem.isdigit() else frame.index
        return self._highest + 1 if wanted in self._pictures.values() or self._first_of_video else wanted


class CocoWriter:
    """One JSON list with an object per person.

    Args:
        layout: COCO's 17 keypoints, or another's for data sets with their annotations in COCO's form.
    """

    def __init__(self, path: Path | str, layout: Layout = COCO_17) -> None:
        self._file, self._layout = TextFile(path), layout
        self._image_id = ImageIds()
        self.files = [Path(path)]
        self._separator = "[\n"

    def write(self, frame: Frame) -> None:
        """Append the frame's people."""
        image_id = self._image_id(frame)
        name = {"file_name": frame.source} if frame.time_s is None else {}
        for person in frame.people:
            result: dict[str, Any] = {
                "image_id": image_id,
                **name,
                "category_id": _PERSON,
                "keypoints": self._layout.rows(person.pose).round(4).ravel().tolist(),
                "score": round(person.pose.certainty, 4),
                "bbox": person.pose.box.astype(float).round(2).tolist(),
                "unsure": bool(person.pose.unsure),
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
