"""Where the camera of a scene stands, and how it looks at the person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sspnet_train.synth.rotations import axis_angle
from sspnet_train.synth.scene_mix import SceneMix

USUAL_M, WIDE_M, FAR_M = (1.9, 9.0), (1.1, 2.6), (9.0, 25.0)
USUAL_ASIDE, FAR_ASIDE, WIDEST_ASIDE = (0.10, 0.08), (0.02, 0.02), 0.7
"""How far from the lens's axis the person is, tangents: standard deviations along x and y, and the most."""
PITCH_DEG, PITCH_SPREAD_DEG, ROLL_SPREAD_DEG = 5.0, 12.0, 4.6
TILTED_DEG, LARGEST_ROLL_DEG, DOWN_SHARE = (20.0, 60.0), 45.0, 0.7
LOWEST_CAMERA_M = 0.12


@dataclass(frozen=True)
class Viewpoint:
    """A camera. It sees a point p of the world at turn @ p - position.

    Attributes:
        turn: (3, 3) from the world's axes (y up) to the camera's (y up, looking along -z).
        position: (3,) of the camera from the person's pelvis, m, in the camera's axes.
    """

    turn: np.ndarray
    position: np.ndarray


def draw_viewpoint(mix: SceneMix, floor: float | None, seen: bool, rng: np.random.Generator) -> Viewpoint:
    """Draw a camera.

    Args:
        mix: shares of uncommon cameras.
        floor: y of the ground the person stands on, pelvis at 0, or None.
        seen: whether the pose has the axes of a camera that saw it. Then it mostly keeps its view.
        rng: decides it.
    """
    nearest, farthest, aside = _lens(mix, rng)
    distance = float(np.exp(rng.uniform(np.log(nearest), np.log(farthest))))
    pitch = np.radians(_pitch_deg(mix, seen, rng))
    if floor is not None and abs(pitch) < np.radians(TILTED_DEG[0]):  # a steeper look up is one at somebody on a balcony
        pitch = max(pitch, -np.arcsin(np.clip((-floor - LOWEST_CAMERA_M) / distance, -1, 1)))
    roll = np.radians(
        rng.uniform(-LARGEST_ROLL_DEG, LARGEST_ROLL_DEG) if rng.random() < mix.rolled else rng.normal(0, ROLL_SPREAD_DEG)
    )
    turn = axis_angle([0, 0, 1], roll) @ axis_angle([1, 0, 0], pitch)
    return Viewpoint(turn, np.array([*aside, 1.0]) * distance)


def _lens(mix: SceneMix, rng: np.random.Generator) -> tuple[float, float, np.ndarray]:
    """Nearest and farthest distance (m), and where the person is, as tangents from the lens's axis."""
    chance = rng.random()
    if chance < mix.wide:
        towards = rng.uniform(0, 2 * np.pi)
        return *WIDE_M, WIDEST_ASIDE * np.sqrt(rng.random()) * np.array([np.cos(towards), np.sin(towards)])
    if chance < mix.wide + mix.far:
        return *FAR_M, rng.normal(0, FAR_ASIDE)
    return *USUAL_M, rng.normal(0, USUAL_ASIDE)


def _pitch_deg(mix: SceneMix, seen: bool, rng: np.random.Generator) -> float:
    """Positive where the camera looks down."""
    if rng.random() < mix.tilted:
        return rng.uniform(*TILTED_DEG) * (1 if rng.random() < DOWN_SHARE else -1)
    usual = rng.normal(2, 4) if seen else rng.normal(PITCH_DEG, PITCH_SPREAD_DEG)
    return float(np.clip(usual, -TILTED_DEG[0], 35))


def world_up(turn: np.ndarray) -> np.ndarray:
    """The world's up, as labels have it: x right, y down, z away from the camera. -> (3,)."""
    return turn[:, 1] * [1, -1, -1]
