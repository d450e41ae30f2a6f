"""The floor that people stand on: axes along gravity and height above the ground, from the camera's pitch or standing feet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import OptionError

Array = NDArray[np.float64]

STEEPEST_DEG = 80.0
_ANKLE_MM = 70.0  # above the floor, where the pose has no heels and toes
_STILL_MM_S = 500.0  # a foot that stands moves less: distances are noisy
_NOISE_MM, _LEAN = 150.0, 0.06  # of a foot's height by its distance's error; radians by which a body leans on average
_NEW_EVERY_S = 0.5  # errors of neighbouring frames are alike
_LOWER_LEG = ((6, 22, 24, 26), (3, 23, 25, 27))  # ankle, heel, toes: left, right
_UPRIGHT_FROM = 0.82  # of the longest distance from feet to thorax


@dataclass(frozen=True, eq=False)
class Walker:
    """One person over T frames. Axes are x right, y up, z towards the camera.

    Attributes:
        times: (T,) seconds.
        joints: (T, J, 3) mm from the pelvis.
        root: (T, 3) mm from the camera, or None if that is not known.
    """

    times: Array
    joints: Array
    root: Array | None


@dataclass(frozen=True, eq=False)
class Floor:
    """A floor.

    Attributes:
        turn: (3, 3) from the camera's axes (x right, y up, z towards it) to those of the floor, y against gravity.
        height_mm: of the camera above it, or None if that is not known.
    """

    turn: Array
    height_mm: float | None

    @property
    def pitch_deg(self) -> float:
        """How far the camera looks down."""
        return float(np.degrees(np.arctan2(self.turn[1, 2], self.turn[1, 1])))

    def of(self, walker: Walker) -> Walker:
        """The walker over the floor: y of `root` is the pelvis's height.

        If the distance is not known, the pelvis stays over one spot, and the lower foot of each frame stands.
        """
        joints = walker.joints @ self.turn.T
        if walker.root is None or self.height_mm is None:
            root = np.zeros((len(joints), 3))
            root[:, 1] = -_soles(joints).min(axis=1)
            return Walker(walker.times, joints, root)
        return Walker(walker.times, joints, walker.root @ self.turn.T + np.array([0.0, self.height_mm, 0.0]))


def check_pitch(pitch: Any) -> float | None:
    """Degrees by which the camera looks down; None for "auto".

    Raises:
        OptionError: it is neither.
    """
    if isinstance(pitch, str) and pitch.strip().lower() == "auto":
        return None
    try:
        number = float(pitch)
    except (TypeError, ValueError):
        number = float("nan")
    if not -STEEPEST_DEG <= number <= STEEPEST_DEG:
        raise OptionError(f'the floor is "auto" or the camera\'s pitch in degrees (down is positive, up to 80), not {pitch!r}')
    return number


def find_floor(walkers: Sequence[Walker], pitch_deg: float | None = None) -> Floor:
    """The floor under some people.

    Without a pitch, up is where standing people have their heads, on average. The plane of standing feet corrects that, if `root`
    is known. It counts the more, the more people walk about.

    Args:
        walkers: those who walk on it.
        pitch_deg: how far the camera looks down; None estimates it, and the roll.
    """
    feet = np.concatenate([_standing(walker) for walker in walkers]) if walkers else np.zeros((0, 4))
    if pitch_deg is not None:
        up = np.array([0.0, np.cos(np.radians(pitch_deg)), np.sin(np.radians(pitch_deg))])
    else:
        up = _tilted(_bodies_up(walkers), feet)
    height = -float(np.median(feet[:, :3] @ up)) if len(feet) else None
    return Floor(_turn_to_y(up), height)


def _standing(walker: Walker) -> Array:
    """Soles of feet that stand, in the camera's axes, and the share that each counts. -> (N, 4).

    Neighbouring frames err alike, so they share their weight.
    """
    if walker.root is None or len(walker.times) < 2:
        return np.zeros((0, 4))
    seen = ~(np.isnan(walker.joints).any(axis=(1, 2)) | np.isnan(walker.root).any(axis=1))
    times, joints, root = walker.times[seen], walker.joints[seen], walker.root[seen]
    if len(times) < 2:
        return np.zeros((0, 4))
    soles = np.stack([_sole_points(joints, side) for side in (0, 1)], axis=1)
    lower = soles[..., 1].argmin(axis=1)
    sole = soles[np.arange(len(soles)), lower]
    sideways = np.linalg.norm(np.gradient(sole[:, :2] + root[:, :2], times, axis=0), axis=1)
    still = sideways < _STILL_MM_S
    share = np.full(still.sum(), min(np.median(np.diff(times)) / _NEW_EVERY_S, 1.0))
    return np.concatenate([(sole + root)[still], share[:, None]], axis=1)


def _sole_points(joints: Array, side: int) -> Array:
    """The lowest point of a foot: of heel and toes, or below the ankle. -> (T, 3)."""
    ankle, *rest = (joint for joint in _LOWER_LEG[side] if joint < joints.shape[1])
    if not rest:
        return joints[:, ankle] - np.array([0.0, _ANKLE_MM, 0.0])
    foot = joints[:, rest]
    return foot[np.arange(len(foot)), foot[..., 1].argmin(axis=1)]  # type: ignore[no-any-return]


def _soles(joints: Array) -> Array:
    """(T, 2) heights."""
    return np.stack([_sole_points(joints, side)[:, 1] for side in (0, 1)], axis=1)


def _bodies_up(walkers: Sequence[Walker]) -> Array:
    """Mean direction from the ankles to the thorax, in the frames in which that is longest: people stand then."""
    axes = [(walker.joints[:, 8] - walker.joints[:, [3, 6]].mean(axis=1)) for walker in walkers]
    every = np.concatenate(axes) if axes else np.zeros((0, 3))
    every = every[~np.isnan(every).any(axis=1)]
    if not len(every):
        return np.array([0.0, 1.0, 0.0])
    long = np.linalg.norm(every, axis=1)
    mean = (every / np.maximum(long, 1.0)[:, None])[long >= _UPRIGHT_FROM * np.percentile(long, 95)].mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-6)  # type: ignore[no-any-return]


def _tilted(up: Array, feet: Array) -> Array:
    """`up`, turned towards the normal of the plane through the feet, as far as they are worth more than the bodies."""
    if len(feet) < 3:
        return up
    first = np.cross(up, [0.0, 0.0, 1.0] if abs(up[2]) < 0.9 else [1.0, 0.0, 0.0])
    first /= np.linalg.norm(first)
    across = np.stack([first, np.cross(up, first)])
    off = feet[:, :3] - np.average(feet[:, :3], axis=0, weights=feet[:, 3])
    slopes, heights, weight = off @ across.T, off @ up, feet[:, 3:] / _NOISE_MM**2
    normal = slopes.T @ (weight * slopes) + np.eye(2) / _LEAN**2
    tilted = up + np.linalg.solve(normal, slopes.T @ (weight[:, 0] * -heights)) @ across
    return tilted / np.linalg.norm(tilted)  # type: ignore[no-any-return]


def _turn_to_y(up: Array) -> Array:
    """(3, 3) the least turn that brings `up` onto y."""
    axis, cosine = np.cross(up, [0.0, 1.0, 0.0]), float(up[1])
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + k + k @ k / max(1.0 + cosine, 1e-9)  # type: ignore[no-any-return]
