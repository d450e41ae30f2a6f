"""Something to sit on, under whoever sits: chair, stool, bench, box, sofa, ball."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sspnet_train.synth.clothing import any_colour
from sspnet_train.synth.mesh import NO_CLOTH, Mesh, plain_mesh, vertex_normals
from sspnet_train.synth.rotations import normalized
from sspnet_train.synth.shapes import Shape, box, cylinder, ellipsoid

UP = np.array([0.0, 1, 0])
WOOD = np.array(
    [[0.30, 0.17, 0.08], [0.45, 0.28, 0.14], [0.12, 0.07, 0.04], [0.55, 0.42, 0.27], [0.6, 0.6, 0.6], [0.05, 0.05, 0.05]]
)
LOWEST_SEAT_M = 0.3


def sits(joints: np.ndarray) -> bool:
    """Whether a pose (17, 3), y up, has its thighs about level and its trunk upright, as on a seat."""
    thighs = normalized(np.stack([joints[2] - joints[1], joints[5] - joints[4]]))
    return bool(
        (np.abs(thighs[:, 1]) < 0.5).all() and normalized(joints[8] - joints[0])[1] > 0.75 and thighs[0] @ thighs[1] > 0.2
    )


def seat(joints: np.ndarray, seat_height: float, floor: float, tiles: int, rng: np.random.Generator) -> list[Mesh]:
    """Something to sit on.

    Args:
        joints: (17, 3) m, y up, of who sits.
        seat_height: y of its top.
        floor: y that it stands on.
        tiles: how many cloth tiles there are.
        rng: decides what it is.
    """
    forward = (joints[2] + joints[5]) / 2 - joints[0]
    reach = float(np.hypot(forward[0], forward[2]))
    forward = normalized(forward * [1, 0, 1])
    axes = np.stack([np.cross(UP, forward), UP, forward], axis=1)
    height = seat_height - floor
    behind, front, width = rng.uniform(0.16, 0.24), max(reach - rng.uniform(0.06, 0.16), 0.12), rng.uniform(0.38, 0.56)
    kind = rng.choice(["chair", "stool", "bench", "block", "sofa", "ball"], p=[0.4, 0.17, 0.12, 0.12, 0.14, 0.05])
    parts = {"chair": _chair, "stool": _stool, "bench": _bench, "block": _block, "sofa": _sofa, "ball": _ball}[kind](
        behind, front, width, height, rng
    )
    origin = np.array([joints[0][0], seat_height, joints[0][2]])
    frame_colour, cushion = WOOD[rng.integers(len(WOOD))] * rng.uniform(0.6, 1.3), any_colour(rng)
    tile = int(rng.integers(tiles)) if rng.random() < 0.5 else NO_CLOTH
    return [
        plain_mesh(
            vertices @ axes.T + origin,
            triangles,
            cushion if soft else frame_colour,
            uv * 3,
            tile if soft else NO_CLOTH,
            gloss=0.02 if soft else 0.15,
        )
        for (vertices, triangles, uv), soft in parts
    ]


def laid_on_seat(cloth: Mesh, joints: np.ndarray, seat_height: float) -> Mesh:
    """Cloth that hung through the seat lies on it, except what falls in front of the knees."""
    forward = (joints[2] + joints[5]) / 2 - joints[0]
    reach = float(np.hypot(forward[0], forward[2]))
    ahead = (cloth.vertices - joints[0]) @ normalized(forward * [1, 0, 1])
    vertices = cloth.vertices.copy()
    resting = ahead < reach - 0.02
    vertices[resting, 1] = np.maximum(vertices[resting, 1], seat_height + 0.005)
    return replace(cloth, vertices=vertices, normals=vertex_normals(vertices, cloth.triangles))


Parts = list[tuple[Shape, bool]]
"""Shapes with x to the side, y up (0 is the seat's top), z forwards; whether each is upholstered."""


def _at(shape: Shape, x: float, y: float, z: float) -> Shape:
    return shape[0] + [x, y, z], shape[1], shape[2]


def _slab(width: float, thick: float, behind: float, front: float) -> Shape:
    return _at(box((width, thick, behind + front)), 0, -thick / 2, (front - behind) / 2)


def _legs(width: float, behind: float, front: float, height: float, rng: np.random.Generator) -> Parts:
    thick, inset = rng.uniform(0.02, 0.05), 0.03
    places = [(sx * (width / 2 - inset), z) for sx in (-1, 1) for z in (-behind + inset, front - inset)]
    return [(_at(box((thick, height, thick)), x, -height / 2, z), False) for x, z in places]


def _back(width: float, behind: float, rng: np.random.Generator, soft: bool) -> Parts:
    height, thick = rng.uniform(0.35, 0.6), rng.uniform(0.02, 0.06)
    if soft or rng.random() < 0.5:
        return [(_at(box((width, height, thick)), 0, height / 2, -behind - thick / 2), soft)]
    rails = [(_at(box((width, 0.07, thick)), 0, y * height, -behind - thick / 2), False) for y in (0.55, 0.9)]
    posts = [(_at(box((0.035, height, thick)), x * (width / 2 - 0.02), height / 2, -behind - thick / 2), False) for x in (-1, 1)]
    return rails + posts


def _chair(behind: float, front: float, width: float, height: float, rng: np.random.Generator) -> Parts:
    soft = bool(rng.random() < 0.4)
    return [
        (_slab(width, 0.04, behind, front), soft),
        *_legs(width, behind, front, height, rng),
        *_back(width, behind, rng, soft),
    ]


def _stool(behind: float, front: float, width: float, height: float, rng: np.random.Generator) -> Parts:
    if rng.random() < 0.5:
        return [
            (_slab(width * 0.8, 0.05, behind * 0.8, front * 0.7), False),
            *_legs(width * 0.75, behind * 0.75, front * 0.65, height, rng),
        ]
    column = _at(cylinder(0.025, height), 0, -height / 2, front * 0.2)
    foot = _at(cylinder(0.2, 0.02), 0, -height + 0.01, front * 0.2)
    return [(_at(cylinder(0.17, 0.05), 0, -0.025, front * 0.2), True), (column, False), (foot, False)]


def _bench(behind: float, front: float, width: float, height: float, rng: np.random.Generator) -> Parts:
    width = width + rng.uniform(0.5, 1.4)
    back = _back(width, behind, rng, False) if rng.random() < 0.5 else []
    return [(_slab(width, 0.05, behind, front), False), *_legs(width, behind, front, height, rng), *back]


def _block(behind: float, front: float, width: float, height: float, rng: np.random.Generator) -> Parts:
    return [(_slab(width + rng.uniform(0, 1.5), height, behind + rng.uniform(0, 0.6), front), bool(rng.random() < 0.3))]


def _sofa(behind: float, front: float, width: float, height: float, rng: np.random.Generator) -> Parts:
    width = width + rng.uniform(0.1, 1.0)
    arm = rng.uniform(0.1, 0.2)
    arms = [
        (_at(box((arm, height + 0.2, behind + front)), s * (width + arm) / 2, 0.1 - height / 2, (front - behind) / 2), True)
        for s in (-1, 1)
    ]
    back = _at(box((width + 2 * arm, height + rng.uniform(0.3, 0.6), 0.2)), 0, 0.22 - height / 2, -behind - 0.1)
    return [(_slab(width, height, behind, front), True), (back, True), *arms]


def _ball(behind: float, front: float, width: float, height: float, rng: np.random.Generator) -> Parts:
    return [(_at(ellipsoid((height * 0.6, height / 2, height * 0.6)), 0, -height / 2, 0.05), False)]
