"""COCO keypoints, and any photographs labelled in that format.

Expected: `annotations/person_keypoints_{train,val}2017.json` beside `train2017/` and `val2017/`. Or one `annotations.json` beside
`images/`, or beside the pictures themselves. Then one picture in eight is kept for validation.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any, Literal, NamedTuple

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

    Raises:
        DataError: no such folder or file, another kind of file, labels that are no numbers, or a picture that is not there.
    """
    own = not _official(folder, split).is_file()
    path = folder / "annotations.json" if own else _official(folder, split)
    pictures = next((place for place in (folder / f"{split}2017", folder / "images", folder) if place.is_dir()), None)
    if not path.is_file() or pictures is None:
        raise DataError(f"coco: expected {LAYOUT} in {folder}")
    people = _people(path)
    if own:
        held = held_out({person.picture for person in people})
        people = [person for person in people if (person.picture in held) == (split == "val")]
    if missing := next((name for name in sorted({person.picture for person in people}) if not (pictures / name).is_file()), None):
        raise DataError(f"coco: {path} names {missing}, which is not in {pictures}")

    def read(index: int) -> Sample:
        person = people[index]
        image = read_picture(pictures / person.picture)
        if person.size is not None and person.size != image.shape[1::-1]:
            has, said = (f"{width} x {height} pixels" for width, height in (image.shape[1::-1], person.size))
            raise DataError(f"coco: {pictures / person.picture} has {has}, its labels {said}")
        _check_box(f"coco: {path}: a person of {person.picture}", person.box, image.shape[1::-1])
        keypoints, weight, visible = in_our_order(person.keypoints)
        return Sample(image, person.box, keypoints, weight, visible=visible, name=person.picture)

    return SampleSource(f"coco/{split}", len(people), read)


class _Person(NamedTuple):
    """What a file says of somebody.

    Attributes:
        picture: its name.
        size: its width and height in pixels, where the file says them.
        box: (4,).
        keypoints: (17, 3) x, y, v.
    """

    picture: str
    size: tuple[int, int] | None
    box: np.ndarray
    keypoints: np.ndarray


def _people(path: Path) -> list[_Person]:
    """Everybody in a file who can be learnt from."""
    try:
        content = json.loads(path.read_bytes())
        images, entries = _images(path, content["images"]), content["annotations"]
        people = [_person(path, images[entry["image_id"]], entry) for entry in entries if _is_usable(entry)]
        if entries and not any(entry.get("keypoints") for entry in entries):
            raise KeyError("keypoints")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"coco: {path} is not COCO keypoints (images, annotations with image_id, bbox, keypoints): {error!r}"
        ) from None
    return people


def _images(path: Path, images: list[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """What the file says of each picture, by its id."""
    found: dict[Any, dict[str, Any]] = {}
    for image in images:
        name, other = image["file_name"], found.setdefault(image["id"], image)["file_name"]
        if not isinstance(name, str):
            raise TypeError(f"file_name {name!r}")
        if name != other:
            raise DataError(f"coco: in {path} two pictures have the id {image['id']!r}: {other} and {name}")
    return found


def _person(path: Path, image: dict[str, Any], entry: dict[str, Any]) -> _Person:
    where = f"coco: {path}: a person of {image['file_name']}"
    box, keypoints = np.array(entry["bbox"], np.float32), np.array(entry["keypoints"], np.float32)
    if keypoints.shape != (51,):
        raise DataError(f"{where} has {keypoints.size} numbers as keypoints, not 51: x, y, v of COCO's 17 joints")
    keypoints = keypoints.reshape(17, 3)
    labelled = keypoints[:, 2] > 0
    keypoints[~labelled] = 0
    if box.shape != (4,) or not (np.isfinite(box).all() and np.isfinite(keypoints).all()):
        raise DataError(f"{where} needs four finite numbers as bbox, and finite places of labelled joints")
    width, height = image.get("width"), image.get("height")
    size = (width, height) if width and height else None
    if size is not None:
        _check_box(where, box, size)
    return _Person(image["file_name"], size, box, keypoints)


def _check_box(where: str, box: np.ndarray, size: tuple[int, int]) -> None:
    """A box may leave its picture, but not by more than the picture's longer side: that is another unit, or a slip."""
    low, high = box[:2], box[:2] + box[2:]
    if (low < -max(size)).any() or (high > np.add(size, max(size))).any():
        told, (width, height) = ", ".join(f"{value:g}" for value in box), size
        raise DataError(f"{where} has the bbox {told}, far outside of the picture's {width} x {height} pixels")


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
    """Things other than people may come without keypoints."""
    labelled = sum(1 for flag in (entry.get("keypoints") or [])[2::3] if flag > 0)
    return not entry.get("iscrowd", 0) and labelled >= FEWEST_JOINTS and not min(entry["bbox"][2:]) <= 0
