"""`Pose`, the one result that everything else consumes, and the skeleton it is given in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

JOINT_NAMES: tuple[str, ...] = (
    "pelvis",
    "r-hip",
    "r-knee",
    "r-ankle",
    "l-hip",
    "l-knee",
    "l-ankle",
    "spine",
    "thorax",
    "neck",
    "head",
    "l-shoulder",
    "l-elbow",
    "l-wrist",
    "r-shoulder",
    "r-elbow",
    "r-wrist",
    "nose",
    "l-eye",
    "r-eye",
    "l-ear",
    "r-ear",
    "l-heel",
    "r-heel",
    "l-big-toe",
    "r-big-toe",
    "l-small-toe",
    "r-small-toe",
)
"""28 joints: the 17 of Human3.6M in its order, then face and feet. Left and right are the person's."""

JOINT_PARENTS: tuple[int, ...] = (
    *(-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15),
    *(9, 17, 17, 18, 19, 6, 3, 6, 3, 24, 25),
)
"""Parent of each joint, which always has a smaller number; -1 marks the root (pelvis)."""

FLIP_PAIRS: tuple[tuple[int, int], ...] = (
    *((1, 4), (2, 5), (3, 6), (11, 14), (12, 15), (13, 16)),
    *((18, 19), (20, 21), (22, 23), (24, 25), (26, 27)),
)
"""Joints that change places when the image is mirrored."""

BODY_JOINTS = 17
"""The joints that every pose has: pelvis to wrists. A bundle has these alone, or all of `JOINT_NAMES`."""


@dataclass(frozen=True, eq=False)
class Pose:
    """One person's pose in one image, J joints: all 28 of `JOINT_NAMES`, or the first 17 where the bundle has no face and feet.

    Attributes:
        keypoints: (J, 2) float32, pixels of the caller's image; (0, 0) is the corner of the top-left pixel, x right, y down.
        joints3d: (J, 3) float32, millimetres relative to the pelvis, which is exactly 0; axes of the camera: x right, y down,
            z away from the camera.
        confidence: (J,) float32 in 0..1.
        box: (4,) float32, x, y, w, h in pixels of the caller's image: the person's box that the crop was made from.
        cut: the number of pyramids that were run.
        input_size: side of the square crop that the network saw, pixels.
        latency_ms: time from the call to this result, milliseconds.
        unsure: no person was found with certainty; the pose is the best guess there is.
        joints3d_camera: (J, 3) float32, millimetres in the camera's space, the camera at 0, axes as above; None unless the
            camera was given. Projected by `camera` they are the `keypoints`.
        camera: (3, 3) the intrinsics that were given, or None.
    """

    keypoints: NDArray[np.float32]
    joints3d: NDArray[np.float32]
    confidence: NDArray[np.float32]
    box: NDArray[np.float32]
    cut: int
    input_size: int
    latency_ms: float
    unsure: bool = False
    joints3d_camera: NDArray[np.float32] | None = None
    camera: NDArray[np.float64] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """(J,) names of this pose's joints."""
        return JOINT_NAMES[: len(self.keypoints)]

    @property
    def parents(self) -> tuple[int, ...]:
        """(J,) numbers of their parents; -1 marks the root."""
        return JOINT_PARENTS[: len(self.keypoints)]

    @property
    def certainty(self) -> float:
        """Mean confidence of the body's joints, pelvis to wrists, in 0..1: the same measure with and without face and feet."""
        return float(self.confidence[:BODY_JOINTS].mean())
