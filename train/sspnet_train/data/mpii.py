"""MPII Human Pose: photographs of people with 16 joints, from the official .mat or from its widespread JSON conversion.

Expected: `images/*.jpg` beside `mpii_human_pose_v1_u12_1.mat` (also in a subfolder named like it), or beside `annot/train.json`
and `annot/valid.json`. Both count pixels from 1.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sspnet_train.data.pictures import read_picture
from sspnet_train.data.readable import readable
from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.errors import DataError

JOINT_OF_MPII = (3, 2, 1, 4, 5, 6, 0, 8, 9, 10, 16, 15, 14, 11, 12, 13)
"""MPII's joint id -> ours; it has no spine."""
FIRST_PIXEL = 0.5
"""MATLAB calls the middle of the first pixel 1; ours is 0.5."""
SCALE_PX = 200.0
HELD_OUT_SHARE = 16
MAT, LAYOUT = (
    "mpii_human_pose_v1_u12_1.mat",
    "images/ and either mpii_human_pose_v1_u12_1.mat or annot/train.json and annot/valid.json",
)


@dataclass
class _Person:
    image: str
    box: np.ndarray
    keypoints: np.ndarray
    weight: np.ndarray
    visible: np.ndarray


def recognises(folder: Path) -> bool:
    return (folder / "annot/train.json").is_file() or _mat_file(folder) is not None


def mpii(folder: Path, split: Literal["train", "val"]) -> SampleSource:
    """The people with labelled joints. From the .mat, one image in 16 is `val`. The JSON has a `val` of its own.

    Raises:
        DataError: a file or picture is missing or damaged, or a person's scale or centre means nothing.
    """
    mat, as_json = _mat_file(folder), folder / f"annot/{'train' if split == 'train' else 'valid'}.json"
    if not (folder / "images").is_dir() or not (mat or as_json.is_file()):
        raise DataError(f"mpii: expected {LAYOUT} in {folder}")
    path = as_json if as_json.is_file() or mat is None else mat
    with readable(path, "annotations of MPII"):
        everybody = _from_mat(path, split) if path == mat else _from_json(path)
    people = [person for person in everybody if person.weight.any()]
    names = sorted({person.image for person in people})
    if missing := next((name for name in names if not (folder / "images" / name).is_file()), None):
        raise DataError(f"mpii: {path} names {missing}, which is not in {folder / 'images'}")

    def read(index: int) -> Sample:
        person = people[index]
        image = read_picture(folder / "images" / person.image)
        return Sample(image, person.box, person.keypoints, person.weight, visible=person.visible, name=person.image)

    return SampleSource(f"mpii/{split}", len(people), read, definition="human36m")


def _mat_file(folder: Path) -> Path | None:
    places = (folder / MAT, folder / MAT.removesuffix(".mat") / MAT, folder / "annot" / MAT)
    return next((place for place in places if place.is_file()), None)


def _person(
    image: str, centre: np.ndarray, scale: float, points: dict[int, tuple[float, float]], seen: dict[int, bool]
) -> _Person:
    keypoints, weight, visible = np.zeros((17, 2), np.float32), np.zeros(17, np.float32), np.zeros(17, bool)
    for joint, (x, y) in points.items():
        ours = JOINT_OF_MPII[joint]
        keypoints[ours], weight[ours], visible[ours] = (x - FIRST_PIXEL, y - FIRST_PIXEL), 1, seen.get(joint, True)
    side = SCALE_PX * scale
    corner = centre - FIRST_PIXEL - side / 2
    if not (0 < scale < np.inf and np.isfinite(corner).all()):
        told = ", ".join(f"{value:g}" for value in centre)
        raise DataError(f"mpii: a person of {image} has scale {scale:g} and centre {told}: expected a scale above 0, and pixels")
    return _Person(image, np.array([*corner, side, side], np.float32), keypoints, weight, visible)


def _from_json(path: Path) -> list[_Person]:
    people = []
    for entry in json.loads(path.read_bytes()):
        labelled = {j: (x, y) for j, (x, y) in enumerate(entry["joints"]) if x > 0 and y > 0}
        seen = {j: bool(flag) for j, flag in enumerate(entry["joints_vis"])}
        people.append(_person(entry["image"], np.array(entry["center"], float), float(entry["scale"]), labelled, seen))
    return people


def _from_mat(path: Path, split: str) -> list[_Person]:
    try:
        from scipy.io import loadmat
    except ImportError:
        raise DataError("mpii: the .mat file needs SciPy (pip install scipy); the JSON conversion does not") from None
    release = loadmat(path, struct_as_record=False, squeeze_me=True, variable_names=["RELEASE"])["RELEASE"]
    people = []
    for entry, is_training in zip(_listed(release.annolist), _listed(release.img_train), strict=True):
        image = str(entry.image.name)
        if not is_training or (zlib.crc32(image.encode()) % HELD_OUT_SHARE == 0) != (split == "val"):
            continue
        people += [_rect(image, rect) for rect in _listed(entry.annorect) if _is_labelled(rect)]
    return people


def _rect(image: str, rect: Any) -> _Person:
    points = _listed(rect.annopoints.point)
    labelled = {int(point.id): (float(point.x), float(point.y)) for point in points}
    seen = {int(point.id): str(getattr(point, "is_visible", 1)) == "1" for point in points}
    return _person(image, np.array([rect.objpos.x, rect.objpos.y], float), float(rect.scale), labelled, seen)


def _is_labelled(rect: Any) -> bool:
    """Test images and unlabelled people have empty fields, or none."""
    return hasattr(getattr(rect, "annopoints", None), "point") and hasattr(getattr(rect, "objpos", None), "x")


def _listed(value: Any) -> list[Any]:
    """squeeze_me turns a list of one into the one."""
    return list(np.atleast_1d(value))
