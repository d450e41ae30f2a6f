"""People who walk, turn, sit down and cross: kinematic sequences whose every joint, camera and id is known exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

HEIGHT_MM = 1750.0
_DOWN, _UP = np.array([0.0, -1.0, 0.0]), np.array([0.0, 1.0, 0.0])
_HIP, _THIGH, _SHIN, _SPINE, _NECK, _HEAD = 84.0, 421.0, 415.0, 250.0, 100.0, 110.0
_SHOULDER, _UPPER_ARM, _FOREARM, _ANKLE_HIGH = 160.0, 278.0, 256.0, 70.0
_STEPS_PER_S, _TURN_PER_S, _EASE_S = 1.8, 0.9, 0.1


@dataclass(frozen=True)
class Stance:
    """Angles in radians: heading (0 looks along +z), lean forwards; left, right: hips, knees, arms, elbows."""

    heading: float
    lean: float
    hips: tuple[float, float]
    knees: tuple[float, float]
    arms: tuple[float, float]
    elbows: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Motion:
    """One person over T frames.

    Attributes:
        name: of the sequence.
        fps: frames per second.
        world: (T, 28, 3) mm, y up, the floor at 0.
        camera: (T, 28, 3) mm in the camera's space: x right, y down, z away.
        keypoints: (T, 28, 2) pixels.
        focal: pixels; the picture's middle is (960, 540).
    """

    name: str
    fps: float
    world: Array
    camera: Array
    keypoints: Array
    focal: float

    @property
    def times(self) -> Array:
        """(T,) seconds."""
        return np.arange(len(self.world)) / self.fps

    @property
    def heights(self) -> Array:
        """(T,) how tall the person stands in the picture, pixels."""
        return self.focal * HEIGHT_MM / self.camera[:, 0, 2]


def joints_of(stance: Stance) -> Array:
    """(28, 3) mm from the pelvis, y up."""
    forward = np.array([np.sin(stance.heading), 0.0, np.cos(stance.heading)])
    left = np.cross(_UP, forward)
    up = np.cos(stance.lean) * _UP + np.sin(stance.lean) * forward
    chest_forward = np.cos(stance.lean) * forward - np.sin(stance.lean) * _UP
    j = np.zeros((28, 3))
    j[7], j[8] = _SPINE * up, 2 * _SPINE * up
    j[9], j[10] = j[8] + _NECK * up, j[8] + (_NECK + _HEAD) * up
    for side, (hip, shoulder, heel, toe, small, eye, ear) in enumerate(
        ((4, 11, 22, 24, 26, 18, 20), (1, 14, 23, 25, 27, 19, 21))
    ):
        out = left if side == 0 else -left
        thigh, shin = stance.hips[side], stance.hips[side] - stance.knees[side]
        j[hip] = _HIP * out
        j[hip + 1] = j[hip] + _THIGH * _swung(forward, thigh)
        j[hip + 2] = j[hip + 1] + _SHIN * _swung(forward, shin)
        j[heel] = j[hip + 2] + 70 * _DOWN - 40 * forward
        j[toe], j[small] = j[hip + 2] + 65 * _DOWN + 160 * forward - 10 * out, j[hip + 2] + 65 * _DOWN + 140 * forward + 40 * out
        j[shoulder] = j[8] + _SHOULDER * out
        upper, fore = stance.arms[side], stance.arms[side] + stance.elbows[side]
        j[shoulder + 1] = j[shoulder] + _UPPER_ARM * _unit(_swung(chest_forward, upper) + 0.15 * out)
        j[shoulder + 2] = j[shoulder + 1] + _FOREARM * _swung(chest_forward, fore)
        j[eye], j[ear] = j[10] + 80 * chest_forward + 32 * out, j[10] + 72 * out
    j[17] = j[9] + 105 * chest_forward + 60 * up
    return j


def walk(fps: float = 60.0, seconds: float = 8.0, heading: float = np.pi / 2, camera_pitch: float = 0.1) -> Motion:
    """Across the picture, seen from the side."""
    return _motion("walk", fps, seconds, lambda t: _walking(t, heading), camera_pitch)


def turn(fps: float = 60.0, seconds: float = 8.0, camera_pitch: float = 0.1) -> Motion:
    """Walking in a circle: every side is seen."""
    return _motion("turn", fps, seconds, lambda t: _walking(t, np.pi / 2 + _TURN_PER_S * t), camera_pitch)


def sit_down(fps: float = 60.0, seconds: float = 8.0, camera_pitch: float = 0.1) -> Motion:
    """Standing, then sitting down and up again every four seconds, half turned to the camera."""
    return _motion("sit down", fps, seconds, _sitting, camera_pitch)


def _walking(t: float, heading: float) -> Stance:
    phase = np.pi * _STEPS_PER_S * t
    sides = np.array([phase, phase + np.pi])
    hips = np.radians(3 + 24 * np.sin(sides))
    knees = np.radians(6 + 52 * (0.5 + 0.5 * np.cos(sides)) ** 2)
    arms = np.radians(-22 * np.sin(sides))
    elbows = np.radians(22 - 12 * np.sin(sides))
    return Stance(heading, 0.04, _pair(hips), _pair(knees), _pair(arms), _pair(elbows))


def _sitting(t: float) -> Stance:
    down = (
        0.5 - 0.5 * np.cos(np.pi * np.clip((t % 4.0) / 1.2, 0, 1))
        if t % 4.0 < 2.0
        else 0.5 + 0.5 * np.cos(np.pi * np.clip((t % 4.0 - 2.0) / 1.2, 0, 1))
    )
    bend = float(down) * np.radians(88)
    lean = 0.05 + 0.5 * np.sin(np.pi * float(down))
    return Stance(0.7, lean, (bend, 0.97 * bend), (bend, bend), (0.3 * bend, 0.35 * bend), (0.3, 0.35 + 0.3 * bend))


def _motion(name: str, fps: float, seconds: float, stance: Callable[[float], Stance], pitch: float) -> Motion:
    frames = [joints_of(stance(index / fps)) for index in range(round(fps * seconds))]
    world = _on_the_floor(np.array(frames), fps)
    world[:, :, [0, 2]] -= world[:, 0, [0, 2]].mean(axis=0)
    return seen(name, fps, world, pitch)


def seen(name: str, fps: float, world: Array, pitch: float, distance_mm: float = 4500.0, focal: float = 1500.0) -> Motion:
    """(T, 28, 3) mm, y up, in front of a camera at 1.4 m that looks down by `pitch` radians."""
    relative = (world - np.array([0.0, 1400.0, distance_mm])) * np.array([1.0, -1.0, -1.0])
    cosine, sine = np.cos(pitch), np.sin(pitch)
    camera = relative @ np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]]).T
    keypoints = focal * camera[..., :2] / camera[..., 2:] + (960.0, 540.0)
    return Motion(name, fps, world, camera, keypoints, focal)


def _on_the_floor(joints: Array, fps: float) -> Array:
    """Each frame's lower foot stands on the floor and stays where it is: that moves the body."""
    feet = joints[:, [6, 3]]
    lower = feet[..., 1].argmin(axis=1)
    place = np.zeros((len(joints), 3))
    for index in range(1, len(joints)):
        foot = lower[index]
        place[index] = place[index - 1] + feet[index - 1, foot] - feet[index, foot]
    place[:, 1] = _ANKLE_HIGH - feet[np.arange(len(joints)), lower, 1]
    return joints + _eased(place, fps)[:, None]


def _eased(place: Array, fps: float) -> Array:
    """The weight goes from one foot to the other within a tenth of a second, not at once."""
    reach = max(round(_EASE_S * fps), 1)
    window = np.hanning(2 * reach + 1)
    padded = np.concatenate([2 * place[0] - place[reach:0:-1], place, 2 * place[-1] - place[-2 : -reach - 2 : -1]])
    return np.stack([np.convolve(column, window / window.sum(), "valid") for column in padded.T], axis=1)


def _swung(forward: Array, angle: float) -> Array:
    return np.cos(angle) * _DOWN + np.sin(angle) * forward


def _unit(vector: Array) -> Array:
    return vector / np.linalg.norm(vector)  # type: ignore[no-any-return]


def _pair(values: Array) -> tuple[float, float]:
    return float(values[0]), float(values[1])
