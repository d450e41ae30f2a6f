"""The floor that people stand on: axes along gravity and height above the ground, from the camera's pitch or standing feet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import OptionError
from sspnet_sdk.given_number import given_number

Array = NDArray[np.float64]

STEEPEST_DEG = 80.0
_ANKLE_MM = 70.0  # above the floor, where the pose has no heels and toes
_STILL_MM_S = 500.0  # a foot that stands moves less: distances are noisy
_NOISE, _LEAN = 0.03, 0.06  # of a foot's distance, as a share of it; radians by which a body leans on average
_STEPS, _LOWEST_SINE = 5, 0.05  # to the solution; of a direction that points at the floor
_LEAST_TRAVEL = 0.1  # deviation of a distance's logarithm: whoever stays as far away says nothing of the floor
_NEW_EVERY_S = 0.5  # errors of neighbouring frames are alike
_LOWER_LEG = ((6, 22, 24, 26), (3, 23, 25, 27))  # ankle, heel, toes: left, right
_UPRIGHT_FROM = 0.82  # of the longest distance from feet to thorax
_LEAN_SHARE, _LEAN_BACK = 0.8, np.radians(2.4)  # the network sees that share of a body's lean, and so much less of it


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
        sure: the pitch is given, or told by feet. Else it is what bodies look like.
    """

    turn: Array
    height_mm: float | None
    sure: bool = True

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
        number = float(pitch) if isinstance(pitch, str) else given_number(pitch)
    except ValueError:
        number = float("nan")
    if not -STEEPEST_DEG <= number <= STEEPEST_DEG:
        raise OptionError(
            f'the floor is "auto" or the camera\'s pitch in degrees (down is positive, up to 80), not {pitch!r:.80}'
        )
    return number


def find_floor(walkers: Sequence[Walker], pitch_deg: float | None = None) -> Floor:
    """The floor under some people.

    Without a pitch, up is where standing people have their heads, on average. If `root` is known, the plane of standing feet
    corrects that, as far as people walk towards the camera or away from it.

    Args:
        walkers: those who walk on it.
        pitch_deg: how far the camera looks down; None estimates it, and the roll.
    """
    feet = [_standing(walker) for walker in walkers]
    if pitch_deg is not None:
        up = np.array([0.0, np.cos(np.radians(pitch_deg)), np.sin(np.radians(pitch_deg))])
    else:
        up = _tilted(_bodies_up(walkers), feet)
    heights = [points[:, :3] @ up for points in feet if len(points)]
    height = -float(np.median(np.concatenate(heights))) if heights else None
    return Floor(_turn_to_y(up), height, pitch_deg is not None or any(_travel(points) for points in feet))


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
    still = (sideways < _STILL_MM_S) & _upright(_body_axes(joints))
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
    """Mean direction from the ankles to the thorax, of the frames in which that is longest: people stand then.

    The network sees people more upright in the picture than they are. That is put right.
    """
    every = np.concatenate([_body_axes(walker.joints) for walker in walkers]) if walkers else np.zeros((0, 3))
    every = every[~np.isnan(every).any(axis=1)]
    if not len(every):
        return np.array([0.0, 1.0, 0.0])
    mean = (every / np.maximum(np.linalg.norm(every, axis=1), 1.0)[:, None])[_upright(every)].mean(axis=0)
    across = float(np.hypot(mean[0], mean[1]))
    lean = (np.arctan2(mean[2], across) + _LEAN_BACK) / _LEAN_SHARE
    flat = mean[:2] / across if across > 1e-6 else np.array([0.0, 1.0])  # bodies without length, or seen along their axis
    return np.array([*(flat * np.cos(lean)), np.sin(lean)])


def _body_axes(joints: Array) -> Array:
    """(T, 3) from the ankles to the thorax."""
    return joints[:, 8] - joints[:, [3, 6]].mean(axis=1)  # type: ignore[no-any-return]


def _upright(axes: Array) -> NDArray[np.bool_]:
    """(T,) whether they are about as long as they get."""
    long = np.linalg.norm(axes, axis=1)
    return long >= _UPRIGHT_FROM * np.percentile(long, 95)  # type: ignore[no-any-return]


def _tilted(up: Array, feet: Sequence[Array]) -> Array:
    """`up` turned so that everybody's feet stand on one plane, as far as they are worth more than the bodies.

    The picture says exactly in which direction a foot lies, and a plane then how far away it is, but for the person's size: that
    is what distances are compared with, each person's among themselves.
    """
    first = np.cross(up, [0.0, 0.0, 1.0] if abs(up[2]) < 0.9 else [1.0, 0.0, 0.0])
    first /= np.linalg.norm(first)
    across = np.stack([first, np.cross(up, first)])
    lean = np.zeros(2)
    for _ in range(_STEPS):
        normal, wanted = np.eye(2) / _LEAN**2, -lean / _LEAN**2
        for points in feet:
            slopes, off, weight = _against_plane(up + lean @ across, across, points)
            normal += slopes.T @ (weight * slopes)
            wanted += slopes.T @ (weight[:, 0] * off)
        lean = lean + np.linalg.solve(normal, wanted)
    tilted: Array = up + lean @ across
    return tilted / np.linalg.norm(tilted)  # type: ignore[no-any-return]


def _against_plane(up: Array, across: Array, points: Array) -> tuple[Array, Array, Array]:
    """How logarithms of one person's distances change with the plane's lean (N, 2), by how much they are off it (N,), and what
    each counts (N, 1)."""
    away = np.linalg.norm(points[:, :3], axis=1)
    below = -(points[:, :3] / away[:, None]) @ up
    seen = below > _LOWEST_SINE
    directions, share = points[seen, :3] / away[seen, None], points[seen, 3]
    if not _travel(points[seen]):
        return np.zeros((0, 2)), np.zeros(0), np.zeros((0, 1))
    slopes, off = directions @ across.T / below[seen, None], np.log(away[seen]) + np.log(below[seen])
    slopes, off = (values - np.average(values, axis=0, weights=share) for values in (slopes, off))
    return slopes, off, share[:, None] / _NOISE**2


def _travel(points: Array) -> bool:
    """Whether one person's feet stand at distances (N, 4) different enough to tell how the floor lies."""
    return len(points) >= 3 and float(np.log(np.linalg.norm(points[:, :3], axis=1)).std()) >= _LEAST_TRAVEL


def _turn_to_y(up: Array) -> Array:
    """(3, 3) the least turn that brings `up` onto y."""
    axis, cosine = np.cross(up, [0.0, 1.0, 0.0]), float(up[1])
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + k + k @ k / max(1.0 + cosine, 1e-9)  # type: ignore[no-any-return]
