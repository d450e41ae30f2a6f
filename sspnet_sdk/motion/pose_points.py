"""A pose as numbers that filters take, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.pose import Pose

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Answer:
    """What the network says of a person.

    Attributes:
        points: (J, 5) as `points_of`.
        confidence: (J,) of the joints.
        size: of the person, as `body_px`.
    """

    points: Array
    confidence: Array
    size: float


def answer_of(pose: Pose) -> Answer:
    """What a pose says."""
    return Answer(points_of(pose), pose.confidence.astype(np.float64), body_px(pose))


def points_of(pose: Pose) -> Array:
    """(J, 5) keypoints in pixels, then 3D joints in millimetres."""
    return np.concatenate([pose.keypoints, pose.joints3d], axis=1, dtype=np.float64)


def with_points(pose: Pose, points: Array) -> Pose:
    """The pose with (J, 5) other points. 3D joints are moved so that the pelvis stays at 0."""
    smooth = points.astype(np.float32)
    return replace(pose, keypoints=smooth[:, :2].copy(), joints3d=smooth[:, 2:] - smooth[:1, 2:])


def body_px(pose: Pose) -> float:
    """The longer side of the person's box."""
    return max(float(pose.box[2:].max()), 1.0)
