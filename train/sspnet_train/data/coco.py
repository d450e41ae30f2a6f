"""COCO keypoints, and any photographs labelled in that format.

Expected: `annotations/person_keypoints_{train,val}2017.json` beside `train2017/` and `val2017/`. Or one `annotations.json` beside
`images/`, or beside the pictures themselves. Then one picture in eight is kept for validation.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sspnet_train.data.definitions import midpoint_joints
from sspnet_train.data.pictures import read_picture
from sspnet_train.data.sample import COCO_OF_FACE, COCO_OF_LIMB, JOINTS, NECK_TO_HEAD, Sample, SampleSource
from sspnet_train.errors import DataError

JOINT_OF_COCO = {row: joint for joint, row in (COCO_OF_LIMB | COCO_OF_FACE).items()}
LEFT_EAR, RIGHT_EAR = 3, 4
PIXEL_CENTRE = 0.5
"""COCO's keypoints are indices of pixels; ours count from the corner of the first."""
FEWEST_JOINTS = 5
HELD_OUT_SHARE = 8
LAYOUT = "annotations/person_keypoints_train2017.json and train2017/ (val likewise), or annotations.json and images/"


def recognises(folder: Path) -> bool:
    return _official(folder, "train").is_file() or _official(folder, "val").is_file() or (folder / "annotations.json").is_file()


def coco(folder: Path, split: Literal["train", "val"]) -> SampleSource:
    """People with at least five labelled joints, without crowds.

    Pelvis, thorax, spine, neck and head follow from COCO's own joints.
    """
    own = not _official(folder, split).is_file()
    path = folder / "annotations.json" if own else _official(folder, split)
    pictures = next((place for place in (folder / f"{split}2017", folder / "images", folder) if place.is_dir()), None)
    if not path.is_file() or pictures is None:
        raise DataError(f"coco: expected {LAYOUT} in {folder}")
    try:
        content = json.loads(path.read_text())
        files = {image["id"]: image["file_name"] for image in content["images"]}
        people = [(files[entry["image_id"]], entry) for entry in content["annotations"] if _is_usable(entry)]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"coco: {path} is not COCO keypoints (images, annotations with image_id, bbox, keypoints): {error!r}"
        ) from None
    if own:
        held = held_out({name for name, _ in people})
        people = [(name, entry) for name, entry in people if (name in held) == (split == "val")]

    def read(index: int) -> Sample:
        name, entry = people[index]
        keypoints, weight, visible = in_our_order(np.array(entry["keypoints"], np.float32).reshape(17, 3))
        box = np.array(entry["bbox"], np.float32)
        return Sample(read_picture(pictures / name), box, keypoints, weight, visible=visible, name=name)

    return SampleSource(f"coco/{split}", len(people), read)


def held_out(names: set[str]) -> set[str]:
    """One picture in eight by its name's hash; never none. So more pictures later leave the old ones where they are."""
    by_hash = sorted((zlib.crc32(name.encode()) % 2**16, name) for name in names)
    return {name for place, (value, name) in enumerate(by_hash) if value < 2**16 / HELD_OUT_SHARE or place == 0}


def in_our_order(coco: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """COCO's (17, 3) x, y, v -> keypoints (28, 2), weight (28,), visible (28,) in our order. Unknown joints have weight 0."""
    keypoints, weight, visible = np.zeros((JOINTS, 2), np.float32), np.zeros(JOINTS, np.float32), np.zeros(JOINTS, bool)
    points, labelled, seen = coco[:, :2] + PIXEL_CENTRE, coco[:, 2] > 0, coco[:, 2] > 1
    for source, joint in JOINT_OF_COCO.items():
        keypoints[joint], weight[joint], visible[joint] = points[source], labelled[source], seen[source]
    midpoint_joints(keypoints, weight)
    keypoints[7], weight[7] = (keypoints[0] + keypoints[8]) / 2, min(weight[0], weight[8])
    keypoints[10] = (points[LEFT_EAR] + points[RIGHT_EAR]) / 2
    weight[10] = labelled[LEFT_EAR] and labelled[RIGHT_EAR]
    keypoints[9], weight[9] = keypoints[8] + NECK_TO_HEAD * (keypoints[10] - keypoints[8]), min(weight[8], weight[10])
    keypoints[weight == 0] = 0
    for joint, sources in {0: (1, 4), 8: (11, 14), 7: (1, 4, 11, 14)}.items():
        visible[joint] = all(visible[source] for source in sources)
    visible[10] = seen[LEFT_EAR] or seen[RIGHT_EAR]
    visible[9] = visible[8] and visible[10]
    return keypoints, weight, visible


def _official(folder: Path, split: str) -> Path:
    return folder / f"annotations/person_keypoints_{split}2017.json"


def _is_usable(entry: dict[str, Any]) -> bool:
    labelled = sum(1 for flag in entry["keypoints"][2::3] if flag > 0)
    return not entry.get("iscrowd", 0) and labelled >= FEWEST_JOINTS and min(entry["bbox"][2:]) > 0
