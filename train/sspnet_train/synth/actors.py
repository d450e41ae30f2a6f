"""Somebody who moves: one body and one set of clothes, stance after stance, with feet that do not slide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from sspnet_train.synth.body import Ends, body_joints
from sspnet_train.synth.gait import Stance
from sspnet_train.synth.people import Figure, People

RELAXED_CURL, ON_FLOOR_M = 0.3, 0.012
SMOOTHED_S = 0.05


@dataclass(frozen=True)
class Actor:
    """The person that `people` makes from `seed`."""

    people: People
    seed: int

    def figure(self, stance: Stance) -> Figure:
        return self.people.figure(stance.joints, np.random.default_rng(self.seed), ends=_ends(stance))

    def feet(self, stance: Stance) -> tuple[np.ndarray, np.ndarray]:
        """(2, F, 3) vertices of the left and the right foot, m, pelvis at 0."""
        body, _, posed = self.people.posed(stance.joints, np.random.default_rng(self.seed), _ends(stance))
        pelvis = body_joints(body.rig, posed.vertices)[0]
        return tuple(posed.vertices[side] - pelvis for side in self._foot_vertices)  # type: ignore[return-value]

    @cached_property
    def _foot_vertices(self) -> tuple[np.ndarray, np.ndarray]:
        foot, x = self.people.wardrobe.regions.foot, self.people.rig.vertices[0, : self.people.rig.skin_count, 0]
        return np.flatnonzero(foot & (x > 0)), np.flatnonzero(foot & (x < 0))


def _ends(stance: Stance) -> Ends:
    return Ends({"L": RELAXED_CURL, "R": RELAXED_CURL}, stance.toes, (0.0, 0.0, 0.0))


@dataclass(frozen=True)
class Way:
    """Where an actor goes.

    Attributes:
        pelvis: (n, 3) m, the floor at y = 0.
        on_floor: (n, 2) whether the left and the right foot bear weight.
    """

    pelvis: np.ndarray
    on_floor: np.ndarray


def way_of(actor: Actor, stances: Sequence[Stance], fps: float) -> Way:
    """The way that stances make of themselves, from x = z = 0. Feet that bear weight stay where they are, on the floor."""
    feet = [actor.feet(stance) for stance in stances]
    lowest = np.array([[foot[:, 1].min() for foot in pair] for pair in feet])
    moves = np.zeros((len(stances), 3))
    for index in range(1, len(stances)):
        for side, weight in enumerate(stances[index - 1].planted):
            before, after = feet[index - 1][side], feet[index][side]
            sole = before[:, 1] < before[:, 1].min() + ON_FLOOR_M
            moves[index] -= weight * (after[sole] - before[sole]).mean(axis=0)
    moves[:, 1] = 0
    pelvis = np.cumsum(_smoothed(moves, fps), axis=0)
    pelvis[:, 1] = -_smoothed(lowest.min(axis=1, keepdims=True), fps)[:, 0]
    return Way(pelvis, np.array([stance.planted for stance in stances]) > 0)


def _smoothed(values: np.ndarray, fps: float) -> np.ndarray:
    sigma = max(SMOOTHED_S * fps, 0.3)
    return cv2.GaussianBlur(values.astype(np.float64), (0, 0), sigmaX=0.01, sigmaY=sigma, borderType=cv2.BORDER_REPLICATE)
