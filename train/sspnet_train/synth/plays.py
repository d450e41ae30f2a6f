"""What happens in a sequence: who does what, and where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sspnet_train.synth.gait import Stance, sit, step

STRIDES_PER_S = 0.92
WALKING_M_PER_S = 1.25
TURN_S, SITTING_DOWN_S, STANDING_S = 1.3, 1.3, 0.7


@dataclass(frozen=True)
class Role:
    """What one person does.

    Attributes:
        stances: one per moment.
        place: (x, z) m of the pelvis at the moment `at`. The camera looks along -z at (0, 0).
        seated_at: the moment at which a seat is put under the person, or None.
    """

    stances: list[Stance]
    place: tuple[float, float]
    at: int
    seated_at: int | None = None


def across(times: np.ndarray, rng: np.random.Generator) -> list[Role]:
    """Somebody walks across the view."""
    side = rng.choice([-1, 1])
    return [_walk(times, np.full(len(times), side * np.pi / 2), (0.0, 0.0), len(times) // 2, rng)]


def towards(times: np.ndarray, rng: np.random.Generator) -> list[Role]:
    """Somebody walks towards the camera, a little to one side."""
    heading = np.full(len(times), np.pi + rng.uniform(-0.3, 0.3))
    return [_walk(times, heading, (0.0, 0.6), len(times) - 1, rng)]


def circle(times: np.ndarray, rng: np.random.Generator) -> list[Role]:
    """Somebody walks in a circle before the camera, and is seen from all sides."""
    side, radius = rng.choice([-1, 1]), 1.15
    heading = np.pi / 2 + side * times * WALKING_M_PER_S / radius
    return [_walk(times, heading, (0.0, -side * radius), 0, rng)]


def turn(times: np.ndarray, rng: np.random.Generator) -> list[Role]:
    """Somebody walks towards the camera, turns about and walks away."""
    middle, side = times[-1] / 2, rng.choice([-1, 1])
    heading = np.pi * 0.92 + side * np.pi * _eased((times - middle) / TURN_S + 0.5)
    return [_walk(times, heading, (0.0, 0.5), len(times) // 2, rng)]


def sitting(times: np.ndarray, rng: np.random.Generator) -> list[Role]:
    """Somebody stands, sits down on a seat, and stands up again."""
    up = times[-1] - STANDING_S - SITTING_DOWN_S
    share = _eased((times - STANDING_S) / SITTING_DOWN_S) - _eased((times - up) / SITTING_DOWN_S)
    heading = np.pi + rng.uniform(-1.0, 1.0)
    seated = int(np.argmax(share))
    return [Role([sit(float(s)).facing(heading) for s in share], (0.0, 0.0), seated, seated)]


def crossing(times: np.ndarray, rng: np.random.Generator) -> list[Role]:
    """Two people walk across the view in opposite directions. In the middle one hides the other."""
    middle, gap = len(times) // 2, rng.uniform(0.5, 0.8)
    return [
        _walk(times, np.full(len(times), side * np.pi / 2 + rng.uniform(-0.12, 0.12)), (0.0, side * gap / 2), middle, rng)
        for side in (-1, 1)
    ]


PLAYS: dict[str, Callable[[np.ndarray, np.random.Generator], list[Role]]] = {
    "across": across, "towards": towards, "circle": circle, "turn": turn, "sit": sitting, "crossing": crossing,
}  # fmt: skip


def _walk(times: np.ndarray, heading: np.ndarray, place: tuple[float, float], at: int, rng: np.random.Generator) -> Role:
    start, rate = rng.random(), STRIDES_PER_S * rng.uniform(0.92, 1.08)
    stances = [step(start + rate * time).facing(angle) for time, angle in zip(times, heading, strict=True)]
    return Role(stances, place, at)


def _eased(share: np.ndarray) -> np.ndarray:
    share = np.clip(share, 0, 1)
    return share**2 * (3 - 2 * share)
