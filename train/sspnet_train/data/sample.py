"""The one sample type that every data set maps into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sspnet_train.data.camera import Camera

FLIP_ORDER = (0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13)
LIMB_JOINTS = (1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16)
PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)
CANONICAL_BONES_MM = {1: 84.0, 4: 84.0, 2: 421.0, 5: 421.0, 3: 415.0, 6: 415.0, 12: 278.0, 15: 278.0, 13: 256.0, 16: 256.0}


@dataclass
class Sample:
    """One person in one picture. 17 joints in Human3.6M's order; a joint without a label has weight 0, never an invented place.

    image: (H, W, 3) uint8 RGB; box: (4,) x, y, w, h in pixels; keypoints: (17, 2) pixels; weight: (17,) trust in each, 0..1;
    depth: (17,) mm from the pelvis, away from the camera, what a network is to say (of a canonical adult's size where joints
    are COCO's); weight_depth: (17,); joints3d: (17, 3) mm, pelvis at 0, true size, or None; visible: (17,) seen in the picture,
    or None where unknown; focal: pixels, root_z: mm from the camera to the pelvis, or None; camera: the picture's, or None;
    action: what the person does, where the data set says so.
    """

    image: np.ndarray
    box: np.ndarray
    keypoints: np.ndarray
    weight: np.ndarray
    depth: np.ndarray = field(default_factory=lambda: np.zeros(17, np.float32))
    weight_depth: np.ndarray = field(default_factory=lambda: np.zeros(17, np.float32))
    joints3d: np.ndarray | None = None
    visible: np.ndarray | None = None
    focal: float | None = None
    root_z: float | None = None
    name: str = ""
    camera: Camera | None = None
    action: str = ""


@dataclass(frozen=True)
class SampleSource:
    """A named, indexable set of samples: `read(i)` for i < length.

    choose(rng, drawn): index of the next training sample after about `drawn` of them; without it, any, each as likely as the
    next.
    """

    name: str
    length: int
    read: Callable[[int], Sample]
    choose: Callable[[np.random.Generator, int], int] | None = None

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Sample:
        return self.read(index)

    def draw(self, rng: np.random.Generator, drawn: int) -> Sample:
        return self[self.choose(rng, drawn) if self.choose else int(rng.integers(len(self)))]


def canonical_scale(joints3d: np.ndarray) -> float:
    """Factor that brings a skeleton (17, 3) to a canonical adult's size: mean limb bones of 421, 415, 278, 256, 84 mm."""
    bones = sum(float(np.linalg.norm(joints3d[child] - joints3d[PARENTS[child]])) for child in CANONICAL_BONES_MM)
    return sum(CANONICAL_BONES_MM.values()) / max(bones, 1.0)


def labels_only(sample: Sample) -> Sample:
    """The same without its picture, to keep thousands at hand."""
    return Sample(**{**vars(sample), "image": np.zeros((0, 0, 3), np.uint8)})
