"""How the skeleton looks: bones, and a colour for each side of the person."""

from __future__ import annotations

from sspnet_sdk.pose import BODY_JOINTS, JOINT_NAMES, JOINT_PARENTS

Color = tuple[int, int, int]

SIDE_COLORS: dict[str, Color] = {"right": (34, 142, 245), "left": (235, 170, 50), "centre": (225, 230, 235)}
"""BGR; orange and blue stay apart for colour-blind eyes."""

BONES: tuple[tuple[int, int], ...] = tuple((parent, child) for child, parent in enumerate(JOINT_PARENTS) if parent >= 0)
"""(parent, child) joint numbers, of all joints; `bones_of` gives a pose's own."""


def bones_of(joints: int) -> tuple[tuple[int, int], ...]:
    """The bones of a pose that has the first `joints` of `JOINT_NAMES`."""
    return BONES[: joints - 1]


FINE = 0.55
"""Width of what belongs to face and feet, whose joints lie close together, over that of the body."""


def width_of(joint: int) -> float:
    """Share of the usual width that a joint, and the bone that ends in it, is drawn with."""
    return 1.0 if joint < BODY_JOINTS else FINE


def _side(joint: int) -> str:
    return {"r-": "right", "l-": "left"}.get(JOINT_NAMES[joint][:2], "centre")


JOINT_COLORS: tuple[Color, ...] = tuple(SIDE_COLORS[_side(joint)] for joint in range(len(JOINT_NAMES)))


def bone_color(child: int) -> Color:
    """A bone has the colour of its outer end."""
    return JOINT_COLORS[child]
