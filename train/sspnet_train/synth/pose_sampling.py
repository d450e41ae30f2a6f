"""Where poses come from: motion capture, poses lifted from photographs, or, without any file, generated ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sspnet_train.data.sample import BODY_FLIP_ORDER, LIMB_JOINTS
from sspnet_train.errors import TrainingError
from sspnet_train.synth.bones import bones_of, joints_of
from sspnet_train.synth.generated_poses import generated_pose
from sspnet_train.synth.rotations import normalized, shortest_turn

SURE_DEPTH = 0.22
"""Smallest `weight_z` of all limb joints at which a lifted pose is believed."""
SAME_FAMILY_SHARE, MIX_SHARE, SIT_SHARE = 0.6, 0.35, 0.22
LIMB_GROUPS = ((1, 2, 3, 4, 5, 6), (11, 12, 13, 14, 15, 16), (11, 12, 13), (14, 15, 16))
THIGH_MM, SHIN_MM = 421.0, 415.0


class PoseFileError(TrainingError):
    """A file of poses that cannot be used."""


@dataclass(frozen=True)
class DrawnPose:
    """A pose.

    Attributes:
        joints: (17, 3) mm, y up, pelvis at 0.
        source: the recording or recordings.
        seen: whether its axes are those of a camera that saw it (z towards the camera).
    """

    joints: np.ndarray
    source: str
    seen: bool


@dataclass(frozen=True)
class PoseFile:
    """Poses of one file.

    Attributes:
        joints: (n, 17, 3) mm, y up.
        clip: (n,) the recording of each.
        family: (n,) its collection.
    """

    joints: np.ndarray
    clip: np.ndarray
    family: np.ndarray
    seen: bool


def read_poses(path: Path) -> PoseFile:
    """Read a .npz of poses. It has one of two layouts:

    - motion capture: `joints` (n, 17, 3) mm, y up, right-handed, with `clip` (n,), the recording of each;
    - labels of photographs (`labels3d.npz`): `joints3d` (n, 17, 3) mm, y down, z away, with `weight_z` (n, 17). Sure ones are
      taken.

    Raises:
        PoseFileError: the file has neither.
    """
    try:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files if name in ("joints", "clip", "joints3d", "weight_z")}
    except (OSError, ValueError) as error:
        raise PoseFileError(f"{path} is not a readable .npz file of poses: {error}") from None
    if "joints" in arrays and "clip" in arrays:
        joints, clip, seen = arrays["joints"].astype(np.float64), arrays["clip"].astype(str), False
    elif "joints3d" in arrays and "weight_z" in arrays:
        sure = (arrays["weight_z"].astype(np.float64)[:, list(LIMB_JOINTS)] > SURE_DEPTH).all(axis=1)
        joints, seen = arrays["joints3d"][sure].astype(np.float64) * [1, -1, -1], True
        clip = np.full(len(joints), "photo")
    else:
        raise PoseFileError(
            f"{path} has neither joints and clip (motion capture) nor joints3d and weight_z (labels of photographs)"
        )
    if joints.ndim != 3 or joints.shape[1:] != (17, 3) or not len(joints) or len(clip) != len(joints):
        raise PoseFileError(f"{path}: expected some poses of shape (n, 17, 3), found {joints.shape} with {len(clip)} recordings")
    return PoseFile(joints - joints[:, :1], clip, np.array([name.split("_")[0] for name in clip.tolist()]), seen)


class PoseSampler:
    """Draws poses, from all files alike. Recordings vary: limbs of two poses are mixed, people sit down, noise, mirroring."""

    def __init__(self, files: Sequence[PoseFile] = ()):
        self.files = list(files)

    def draw(self, rng: np.random.Generator, seated: bool = False) -> DrawnPose:
        """Draw a pose. `seated` means with the thighs about level, as on a seat."""
        if not self.files:
            joints, source = generated_pose(rng)
            seen = False
        else:
            file = self.files[int(rng.integers(len(self.files)))]
            index = _pick(file, rng)
            joints, source, seen = file.joints[index].copy(), str(file.clip[index]), file.seen
            if not seen:
                joints, source = _varied(joints, source, file, rng)
        if seated:
            joints, source = _on_a_seat(joints, rng), source if seen or source.endswith("sit") else source + "+sit"
        return DrawnPose(_maybe_mirrored(joints, rng), source, seen)


def _pick(file: PoseFile, rng: np.random.Generator) -> int:
    """Draw any pose, mostly of a family drawn first, so that one long collection does not crowd out the others."""
    families = np.unique(file.family)
    if len(families) > 1 and rng.random() < SAME_FAMILY_SHARE:
        return int(rng.choice(np.flatnonzero(file.family == rng.choice(families))))
    return int(rng.integers(len(file.joints)))


def _varied(joints: np.ndarray, source: str, file: PoseFile, rng: np.random.Generator) -> tuple[np.ndarray, str]:
    bones = bones_of(joints)
    if rng.random() < MIX_SHARE:
        other = int(rng.integers(len(file.joints)))
        group = list(LIMB_GROUPS[int(rng.integers(len(LIMB_GROUPS)))])
        bones[group] = bones_of(file.joints[other])[group]
        source += f"+{file.clip[other]}"
    if rng.random() < SIT_SHARE:
        sit_down(bones, rng)
        source += "+sit"
    return joints_of(bones + rng.normal(0, 10, bones.shape)), source


def _on_a_seat(joints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The pose on a seat: the trunk about upright, leant back or forwards a little, the thighs about level."""
    leant = normalized(np.array([0.0, 1, 0]) + rng.normal(0, 0.2, 3))
    bones = bones_of(joints @ shortest_turn(joints[8] - joints[0], leant).T)
    sit_down(bones, rng, (75, 102), (45, 115))
    return joints_of(bones)


def sit_down(
    bones: np.ndarray,
    rng: np.random.Generator,
    raises: tuple[float, float] = (25, 115),
    folds: tuple[float, float] = (20, 135),
) -> None:
    """Turn both thighs forwards about the hip line and bend the knees, in place: sitting, crouching, kneeling.

    Args:
        bones: (17, 3) offsets from the parents.
        rng: decides how far.
        raises: least and most of the thighs, degrees.
        folds: of the knees, degrees.
    """
    across, up = normalized(bones[1] - bones[4]), normalized(bones[7])
    forward = np.cross(up, across)
    raised, fold = np.radians(rng.uniform(*raises)), np.radians(rng.uniform(*folds))
    for knee, outwards in ((2, 1.0), (5, -1.0)):
        thigh, spread = raised + rng.normal(0, 0.25), np.radians(rng.normal(8, 12))
        shin = thigh - np.clip(fold + rng.normal(0, 0.35), 0.05, 2.5)
        lower_spread = spread * rng.uniform(-1, 1)
        for joint, angle, aside, length in ((knee, thigh, spread, THIGH_MM), (knee + 1, shin, lower_spread, SHIN_MM)):
            flat = -up * np.cos(angle) + forward * np.sin(angle)
            bones[joint] = length * (flat * np.cos(aside) + outwards * across * np.sin(aside))


def _maybe_mirrored(joints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return joints[list(BODY_FLIP_ORDER)] * [-1, 1, 1] if rng.random() < 0.5 else joints
