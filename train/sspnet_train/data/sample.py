"""The one sample type that every data set maps into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from sspnet_sdk.pose import BODY_JOINTS, FLIP_PAIRS, JOINT_NAMES, JOINT_PARENTS
from sspnet_train.data.camera import Camera

JOINTS = len(JOINT_NAMES)
Definition = Literal["coco", "human36m"]
"""Whose places joints are (`definitions.py`)."""


def _flip_order() -> tuple[int, ...]:
    order = list(range(JOINTS))
    for left, right in FLIP_PAIRS:
        order[left], order[right] = right, left
    return tuple(order)


FLIP_ORDER = _flip_order()
BODY_FLIP_ORDER, BODY_PARENTS = FLIP_ORDER[:BODY_JOINTS], JOINT_PARENTS[:BODY_JOINTS]
"""Of the first 17 joints, which motion capture and the networks that know bodies have."""
LIMB_JOINTS = (1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16)
COCO_OF_LIMB = {11: 5, 14: 6, 12: 7, 15: 8, 13: 9, 16: 10, 4: 11, 1: 12, 5: 13, 2: 14, 6: 15, 3: 16}
COCO_OF_FACE = {17: 0, 18: 1, 19: 2, 20: 3, 21: 4}
"""Our joint -> row of COCO's 17."""
NECK_TO_HEAD = 0.48
"""Where COCO's joints put the neck, on the way from thorax to head."""
BY_JOINT = ("keypoints", "weight", "depth", "weight_depth", "joints3d", "visible")
"""Fields of a sample with a row for each joint."""
CANONICAL_BONES_MM = {1: 84.0, 4: 84.0, 2: 421.0, 5: 421.0, 3: 415.0, 6: 415.0, 12: 278.0, 15: 278.0, 13: 256.0, 16: 256.0}


@dataclass
class Sample:
    """One person in one picture, J joints: our 28, or the first 17 of them (`padded` adds the rest).

    A joint without a label has weight 0, never an invented place.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        box: (4,) x, y, w, h in pixels.
        keypoints: (J, 2) pixels.
        weight: (J,) trust in each keypoint: 0 none, 1 a teacher's at its best, more for a hand's.
        depth: (J,) mm from the pelvis, away from the camera: what a network is to say. Of a canonical adult's size where joints
            are COCO's.
        weight_depth: (J,) trust in each depth.
        joints3d: (J, 3) mm, pelvis at 0, true size; None where unknown.
        visible: (J,) seen in the picture; None where unknown.
        focal: focal length in pixels, or None.
        root_z: mm from the camera to the pelvis, or None.
        name: of the picture.
        camera: the picture's, or None.
        action: what the person does, where the data set says so.
    """

    image: np.ndarray
    box: np.ndarray
    keypoints: np.ndarray
    weight: np.ndarray
    depth: np.ndarray = field(default_factory=lambda: np.zeros(BODY_JOINTS, np.float32))
    weight_depth: np.ndarray = field(default_factory=lambda: np.zeros(BODY_JOINTS, np.float32))
    joints3d: np.ndarray | None = None
    visible: np.ndarray | None = None
    focal: float | None = None
    root_z: float | None = None
    name: str = ""
    camera: Camera | None = None
    action: str = ""


@dataclass(frozen=True)
class SampleSource:
    """A named, indexable set of samples.

    Attributes:
        read: the sample of an index below `length`.
        choose: given a generator and how many samples were drawn so far, the index of the next one. Without it, each is as
            likely.
        definition: whose joints the samples have.
    """

    name: str
    length: int
    read: Callable[[int], Sample]
    choose: Callable[[np.random.Generator, int], int] | None = None
    definition: Definition = "coco"

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        return self.read(index)

    def draw(self, rng: np.random.Generator, drawn: int) -> Sample:
        return self[self.choose(rng, drawn) if self.choose else int(rng.integers(len(self)))]


def canonical_scale(joints3d: np.ndarray) -> float:
    """Factor that brings a skeleton (17 or more, 3) to a canonical adult's size: mean limb bones of 421, 415, 278, 256, 84 mm."""
    bones = sum(float(np.linalg.norm(joints3d[child] - joints3d[BODY_PARENTS[child]])) for child in CANONICAL_BONES_MM)
    return sum(CANONICAL_BONES_MM.values()) / max(bones, 1.0)


def padded(sample: Sample) -> Sample:
    """The same sample with rows for all 28 joints. Joints that a set does not label have weight 0."""
    rows = {name: getattr(sample, name) for name in BY_JOINT}
    more: dict[str, Any] = {
        name: np.concatenate([values, np.zeros((JOINTS - len(values), *values.shape[1:]), values.dtype)])
        for name, values in rows.items()
        if values is not None and len(values) < JOINTS
    }
    return replace(sample, **more)


def labels_only(sample: Sample) -> Sample:
    """The same sample without its picture, so that thousands fit into memory."""
    return replace(sample, image=np.zeros((0, 0, 3), np.uint8))
