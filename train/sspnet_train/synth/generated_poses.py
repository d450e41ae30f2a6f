"""Poses from nothing: a skeleton with joint angles that people's joints allow, drawn by kinds of activity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sspnet_train.synth.bones import joints_of
from sspnet_train.synth.rotations import degrees_about

Range = tuple[float, float]
"""Mean and standard deviation, degrees."""

RIGHT, UP, FORWARD = np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, -1.0])
REST = {
    1: 84 * RIGHT, 2: -421 * UP, 3: -415 * UP, 4: -84 * RIGHT, 5: -421 * UP, 6: -415 * UP,
    7: 245 * UP, 8: 245 * UP, 9: 95 * UP, 10: 105 * UP,
    11: -172 * RIGHT, 12: -278 * UP, 13: -256 * UP, 14: 172 * RIGHT, 15: -278 * UP, 16: -256 * UP,
}  # fmt: skip
FAMILIES = 64
"""Generated poses name one of so many sources, so that a share of them can be held out like recordings."""


@dataclass(frozen=True)
class Activity:
    """Angles of one activity.

    Attributes:
        lean: of the trunk, forwards.
        thigh: raised forwards.
        knee: its flexion.
        opposed: one leg rises while the other goes back.
    """

    share: float
    lean: Range = (5, 8)
    thigh: Range = (5, 8)
    knee: Range = (10, 8)
    opposed: bool = False


ACTIVITIES = {
    "stand": Activity(0.3),
    "walk": Activity(0.2, (5, 6), (22, 9), (25, 18), opposed=True),
    "run": Activity(0.12, (15, 8), (42, 16), (55, 28), opposed=True),
    "kick": Activity(0.07, (-5, 15), (60, 25), (25, 25), opposed=True),
    "sit": Activity(0.14, (5, 14), (88, 10), (88, 18)),
    "crouch": Activity(0.1, (25, 18), (95, 22), (110, 22)),
    "bend": Activity(0.07, (65, 22), (12, 12), (18, 15)),
}
ARMS = {
    "hang": (0.38, (0, 14), (12, 8)),
    "forward": (0.27, (55, 25), (12, 18)),
    "raised": (0.17, (140, 25), (20, 25)),
    "aside": (0.18, (10, 25), (75, 22)),
}
"""kind -> share, raised forwards, spread sideways."""


def generated_pose(rng: np.random.Generator) -> tuple[np.ndarray, str]:
    """A pose and its source. Joints (17, 3) mm, y up, pelvis at 0, the person's right along +x (facing -z)."""
    names = list(ACTIVITIES)
    name = names[int(rng.choice(len(names), p=[ACTIVITIES[n].share for n in names]))]
    activity = ACTIVITIES[name]
    bones = {joint: offset.astype(float) for joint, offset in REST.items()}
    trunk = degrees_about(RIGHT, -_draw(activity.lean, rng)) @ degrees_about(FORWARD, rng.normal(0, 7))
    chest = trunk @ degrees_about(UP, rng.normal(0, 14)) @ degrees_about(FORWARD, rng.normal(0, 6))
    bones[7] = trunk @ bones[7]
    for joint in (8, 9, 10, 11, 14):
        bones[joint] = chest @ bones[joint]
    leading = rng.choice([-1.0, 1.0])
    for side, hip in ((1.0, 1), (-1.0, 4)):
        backwards = activity.opposed and side != leading
        _leg(bones, hip, side, activity, backwards, rng)
    for side, shoulder in ((1.0, 14), (-1.0, 11)):
        _arm(bones, shoulder, side, chest, rng)
    joints = joints_of(np.stack([np.zeros(3), *(bones[joint] for joint in range(1, 17))]))
    return joints, f"generated/{name}_{int(rng.integers(FAMILIES))}"


def _leg(
    bones: dict[int, np.ndarray], hip: int, side: float, activity: Activity, backwards: bool, rng: np.random.Generator
) -> None:
    raised = -0.6 * _draw(activity.thigh, rng) if backwards else _draw(activity.thigh, rng)
    knee = np.clip(_draw(activity.knee, rng), 0, 145)
    thigh = (
        degrees_about(FORWARD, -side * rng.normal(6, 6))
        @ degrees_about(RIGHT, np.clip(raised, -30, 125))
        @ degrees_about(UP, -side * rng.normal(8, 10))
    )
    bones[hip + 1] = thigh @ bones[hip + 1]
    bones[hip + 2] = thigh @ degrees_about(RIGHT, -knee) @ bones[hip + 2]


def _arm(bones: dict[int, np.ndarray], shoulder: int, side: float, chest: np.ndarray, rng: np.random.Generator) -> None:
    kinds = list(ARMS)
    _, raised, spread = ARMS[kinds[int(rng.choice(len(kinds), p=[ARMS[kind][0] for kind in kinds]))]]
    upper = (
        chest
        @ degrees_about(FORWARD, -side * max(_draw(spread, rng), -5))
        @ degrees_about(RIGHT, np.clip(_draw(raised, rng), -40, 175))
    )
    upper = upper @ degrees_about(UP, side * rng.uniform(-60, 45))
    elbow = np.clip(abs(rng.normal(15, 55)), 3, 145)
    bones[shoulder + 1] = upper @ bones[shoulder + 1]
    bones[shoulder + 2] = upper @ degrees_about(RIGHT, elbow) @ bones[shoulder + 2]


def _draw(spread: Range, rng: np.random.Generator) -> float:
    return float(rng.normal(*spread))
