"""The angles that fitness and gait use, in degrees, from a pose's joints in millimetres."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Find = Callable[[str], NDArray[np.float32]]
"""Name of a joint -> (3,) mm."""

_UP = np.array([0.0, -1.0, 0.0])  # of a camera that is held upright

_BETWEEN = {
    "knee": ("hip", "knee", "ankle"),
    "hip": ("shoulder", "hip", "knee"),
    "elbow": ("shoulder", "elbow", "wrist"),
    "shoulder": ("hip", "shoulder", "elbow"),
}
_SIDES = ("l", "r")

ANGLE_NAMES: tuple[str, ...] = (*(f"{side}-{name}" for name in (*_BETWEEN, "ankle") for side in _SIDES), "trunk")
"""What `Pose.angle` knows: knee, hip, elbow, shoulder and ankle of each side, and trunk."""


def angle_of(name: str, joint: Find) -> float:
    """One of ANGLE_NAMES, in degrees from 0 to 180; NaN where a bone has no length.

    - knee, elbow: between the two bones that meet there; 180 is straight.
    - hip: shoulder, hip, knee; 180 is upright, 90 seated.
    - shoulder: hip, shoulder, elbow; 0 is an arm along the body, 90 held out, 180 raised.
    - ankle: between the shank (ankle to knee) and the foot (heel to big toe); 90 is standing, more is a pointed foot.
    - trunk: between pelvis to thorax and the picture's upward direction; 0 is upright, 90 lying.
    """
    if name == "trunk":
        return _degrees(joint("thorax") - joint("pelvis"), _UP)
    side, part = name.split("-")
    if part == "ankle":
        return _degrees(joint(f"{side}-knee") - joint(name), joint(f"{side}-big-toe") - joint(f"{side}-heel"))
    one, corner, other = (joint(f"{side}-{end}") for end in _BETWEEN[part])
    return _degrees(one - corner, other - corner)


def _degrees(a: NDArray, b: NDArray) -> float:
    """The angle between two directions."""
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    if not lengths > 0:
        return float("nan")
    return float(np.degrees(np.arccos(np.clip(np.dot(a, b) / lengths, -1, 1))))
