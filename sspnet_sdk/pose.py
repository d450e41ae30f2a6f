"""`Pose`, the one result that everything else consumes, and the skeleton it is given in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import OptionError
from sspnet_sdk.poses.angles import ANGLE_NAMES, angle_of
from sspnet_sdk.poses.joint_names import canonical, look_up
from sspnet_sdk.poses.plain import fields_of, plain_values
from sspnet_sdk.poses.stature import check_height, stature_mm

if TYPE_CHECKING:
    from supervision import KeyPoints

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
class Joint:
    """One joint of a pose.

    Attributes:
        name: as in `JOINT_NAMES`.
        keypoint: (2,) float32, pixels, as in `Pose.keypoints`.
        joint3d: (3,) float32, mm from the pelvis, as in `Pose.joints3d`.
        confidence: in 0..1.
        joint3d_camera: (3,) float32, mm from the camera, or None.
    """

    name: str
    keypoint: NDArray[np.float32]
    joint3d: NDArray[np.float32]
    confidence: float
    joint3d_camera: NDArray[np.float32] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Pose:
    """One person's pose in one image.

    It has J joints: all 28 of `JOINT_NAMES`, or the first 17 if the bundle has no face and feet.

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
        """Mean confidence in 0..1 of the body's joints, pelvis to wrists. Face and feet do not count."""
        return float(self.confidence[:BODY_JOINTS].mean())

    def __repr__(self) -> str:
        x, y, w, h = (f"{value:.0f}" for value in self.box)
        made = f"cut {self.cut} at {self.input_size} px, {self.latency_ms:.1f} ms"
        doubt = ", unsure" if self.unsure else ""
        return f"Pose({len(self.names)} joints, confidence {self.certainty:.2f}, box {x},{y} {w}x{h}, {made}{doubt})"

    def __getitem__(self, name: str) -> Joint:
        """One joint by name: `pose["left_knee"]`; also l_knee, l-knee, "left knee", in any case.

        Raises:
            OptionError: this pose has no such joint.
        """
        index = look_up(name, self.names, "this pose has no joint")
        in_camera = None if self.joints3d_camera is None else self.joints3d_camera[index]
        return Joint(self.names[index], self.keypoints[index], self.joints3d[index], float(self.confidence[index]), in_camera)

    def __iter__(self) -> Iterator[str]:
        """The names of its joints, as of a mapping: `{name: pose[name].keypoint for name in pose}`."""
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        """Whether the pose has a joint of this name."""
        return isinstance(name, str) and canonical(name) in self.names

    def angle(self, name: str) -> float:
        """An angle in degrees, 0 to 180, from the joints in 3D: "left_knee", "right_hip", "left_elbow", "right_shoulder",
        "left_ankle", "trunk".

        Knees and elbows are 180 when straight, hips 180 upright and 90 seated (shoulder - hip - knee), shoulders 0 with the arm
        along the body and 180 raised, ankles 90 standing (shank and foot; needs a bundle with feet), the trunk 0 upright in the
        picture and 90 lying. NaN where a bone has no length. Deep bends are seen some 25 degrees too straight, straight limbs a
        little bent (docs/joints.md has the numbers): take thresholds from poses, not from a textbook.

        Raises:
            OptionError: there is no such angle, or the pose lacks a joint that it needs.
        """
        return angle_of(ANGLE_NAMES[look_up(name, ANGLE_NAMES, "there is no angle")], lambda joint: self[joint].joint3d)

    def angles(self) -> dict[str, float]:
        """Every angle that `angle` knows of this pose's joints, by name, in degrees: a row of a table over time."""
        ankles = () if "l-heel" in self else ("l-ankle", "r-ankle")
        return {name: self.angle(name) for name in ANGLE_NAMES if name not in ankles}

    def with_height(self, height_mm: float) -> Pose:
        """The same pose at the size of a person who is `height_mm` tall, standing.

        A picture does not tell a child from an adult further away. So millimetres are those of an average adult of 1.73 m. All of
        them are scaled alike, also distances from the camera. `keypoints` stay where they are.

        Raises:
            OptionError: `height_mm` is nobody's height in millimetres.
        """
        return scaled(self, check_height(height_mm) / max(stature_mm(self.joints3d), 1.0))

    def draw(self, image: Any, *, inset: bool = True) -> NDArray[np.uint8]:
        """A picture, (H, W, 3) uint8 BGR, of `image` with this pose on it: see `sspnet_sdk.draw.draw`."""
        from sspnet_sdk.draw import draw

        return draw(image, self, inset=inset, legend="")

    def _repr_png_(self) -> bytes:
        """What a notebook shows: the skeleton, and beside it the joints in 3D."""
        from sspnet_sdk.poses.portrait import portrait_png

        return portrait_png(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, rounded (pixels to 0.01, mm to 0.1): the person's fields of JSON lines (docs/formats.md), and `names`."""
        return plain_values(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Pose:
        """The pose that `to_dict` was called on, as rounded there; `people` of JSON lines can be read too.

        `camera` is not among those values, and is None.

        Raises:
            OptionError: `values` are no pose; says what is wrong.
        """
        return cls(**fields_of(values, JOINT_NAMES, (BODY_JOINTS, len(JOINT_NAMES))))

    def to_json(self) -> str:
        """`to_dict` as one line of JSON."""
        return json.dumps(self.to_dict(), separators=(",", ":"), allow_nan=False)

    def to_supervision(self) -> KeyPoints:
        """`supervision.KeyPoints` of this one person (https://supervision.roboflow.com); needs supervision.

        Raises:
            SSPNetError: supervision is not installed.
        """
        from sspnet_sdk.poses.supervision_keypoints import to_supervision

        return to_supervision([self])


def scaled(pose: Pose, factor: float) -> Pose:
    """The same pose with all millimetres times `factor`, also distances from the camera."""
    by = np.float32(factor)
    in_camera = None if pose.joints3d_camera is None else pose.joints3d_camera * by
    return replace(pose, joints3d=pose.joints3d * by, joints3d_camera=in_camera)


def check_pose(pose: Any) -> None:
    """That something is one pose.

    Raises:
        OptionError: it is something else.
    """
    if not isinstance(pose, Pose):
        raise OptionError(f"expected a Pose, not {type(pose).__name__}")


def poses_in(poses: Pose | Iterable[Pose]) -> list[Pose]:
    """One pose or several as a list.

    Raises:
        OptionError: something else is there.
    """
    people = [poses] if isinstance(poses, Pose) else list(poses) if isinstance(poses, Iterable) else [poses]
    for person in people:
        if not isinstance(person, Pose):
            raise OptionError(f"expected a Pose or a list of them, not {type(person).__name__}")
    return people
