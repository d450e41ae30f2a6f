"""Things that people hold in their hands or wear on head and back."""

from __future__ import annotations

import numpy as np

from sspnet_train.synth.body import PosedBody
from sspnet_train.synth.body_data import Body
from sspnet_train.synth.clothing import Wardrobe, any_colour
from sspnet_train.synth.mesh import Mesh, plain_mesh
from sspnet_train.synth.rotations import axis_angle, frame, normalized
from sspnet_train.synth.shapes import Shape, box, cylinder, ellipsoid

UP = np.array([0.0, 1, 0])
GRIP_CURL = 0.75
"""Radians by which each finger joint bends about a thing."""


def held(body: Body, posed: PosedBody, side: str, wardrobe: Wardrobe, rng: np.random.Generator) -> Mesh:
    """A thing in one hand ("L" or "R"): a ball, stick, box, cup, or a bag that hangs along -y."""
    wrist, knuckles = (posed.heads[body.rig.bone(f"{bone}.{side}")] for bone in ("wrist", "finger3-1"))
    across = posed.heads[body.rig.bone(f"finger2-1.{side}")] - posed.heads[body.rig.bone(f"finger5-1.{side}")]
    fingers = normalized(knuckles - wrist)
    palm = normalized(np.cross(fingers, across))
    thumb = posed.heads[body.rig.bone(f"finger1-3.{side}")] - wrist
    palm = palm if palm @ thumb > 0 else -palm
    shape, centre, turn = _thing(knuckles, fingers, palm, normalized(across), rng)
    vertices, triangles, uv = shape
    return plain_mesh(
        vertices @ turn.T + centre, triangles, any_colour(rng), uv * rng.uniform(2, 8) + rng.random(2), wardrobe.tile(rng, 0.35),
        gloss=rng.uniform(0, 0.3),
    )  # fmt: skip


def _thing(
    grip: np.ndarray, fingers: np.ndarray, palm: np.ndarray, across: np.ndarray, rng: np.random.Generator
) -> tuple[Shape, np.ndarray, np.ndarray]:
    """A shape, its centre and its rotation. Sticks lie across the palm; their y is their length."""
    kind = rng.choice(["ball", "stick", "slab", "cup", "bag"], p=[0.2, 0.3, 0.22, 0.1, 0.18])
    stick = frame(fingers, across)
    if kind == "ball":
        radius = float(np.exp(rng.uniform(np.log(0.03), np.log(0.14))))
        return ellipsoid((radius,) * 3), grip + palm * (radius + 0.015), stick
    if kind == "stick":
        length, radius = rng.uniform(0.3, 1.3), rng.uniform(0.008, 0.022)
        offset = across * length * rng.uniform(-0.5, 0.5) + palm * (radius + 0.02)
        return cylinder(radius, length, radius * rng.uniform(0.6, 2.0)), grip + offset, stick
    if kind == "slab":
        size = rng.uniform([0.06, 0.10, 0.008], [0.24, 0.34, 0.05])
        return (
            box(size),
            grip + palm * (size[2] / 2 + 0.02) + fingers * 0.03,
            frame(fingers, across) @ axis_angle([0, 0, 1], rng.normal(0, 0.4)),
        )
    if kind == "cup":
        height = rng.uniform(0.09, 0.26)
        return cylinder(rng.uniform(0.028, 0.045), height, rng.uniform(0.015, 0.05)), grip + palm * 0.05, stick
    size = rng.uniform([0.10, 0.2, 0.2], [0.2, 0.5, 0.45])
    hanging = frame(across, UP) @ axis_angle([0, 1, 0], np.pi / 2)
    return box(size), grip + palm * 0.02 - UP * (size[1] / 2 + rng.uniform(0.02, 0.2)), hanging


def hat(body: Body, posed: PosedBody, wardrobe: Wardrobe, rng: np.random.Generator) -> list[Mesh]:
    """A cap, helmet or brimmed hat on the head."""
    turn = posed.rotations[body.rig.bone("head")]
    skull = body.vertices[:, 2].max() - 0.10 - body.head("head")[2]
    rest_centre = np.array([0.0, 0.015, skull])
    to_rest = axis_angle([1, 0, 0], np.pi / 2 + rng.normal(0, 0.12))
    colour, tile = any_colour(rng), wardrobe.tile(rng, 0.4)
    grown = rng.uniform(1.03, 1.3)
    parts = [ellipsoid(np.array([0.086, rng.uniform(0.11, 0.14), 0.105]) * grown, lowest=rng.uniform(0.05, 0.3))]
    kind = rng.random()
    if kind < 0.35:
        parts.append(cylinder(rng.uniform(0.14, 0.22), 0.006))
        parts[-1] = (parts[-1][0] + UP * 0.04, *parts[-1][1:])
    elif kind < 0.75:
        brim, triangles, uv = cylinder(0.085, 0.006)
        parts.append((brim * [1, 1, 1.1] + [0, 0.035, 0.075], triangles, uv))
    place = posed.heads[body.rig.bone("head")]
    return [
        plain_mesh(
            (vertices @ to_rest.T + rest_centre) @ turn.T + place, triangles, colour, uv * 4, tile, gloss=rng.uniform(0, 0.3)
        )
        for vertices, triangles, uv in parts
    ]


def backpack(body: Body, posed: PosedBody, wardrobe: Wardrobe, rng: np.random.Generator) -> Mesh:
    """A bag on the back."""
    bone = body.rig.bone("spine01")
    chest = body.head("spine01")
    behind = body.vertices[np.abs(body.vertices[:, 2] - chest[2]) < 0.05][:, 1].max()
    size = rng.uniform([0.13, 0.09, 0.17], [0.18, 0.16, 0.28])
    vertices, triangles, uv = ellipsoid(size)
    squared = np.sign(vertices) * np.abs(vertices / size) ** 0.6 * size
    centre = np.array([rng.normal(0, 0.01), behind + size[1] * 0.75, chest[2] - rng.uniform(0.02, 0.14)]) - body.heads[bone]
    turn = posed.rotations[bone]
    return plain_mesh(
        (squared + centre) @ turn.T + posed.heads[bone], triangles, any_colour(rng), uv * 4, wardrobe.tile(rng, 0.3), folds=0.002
    )
