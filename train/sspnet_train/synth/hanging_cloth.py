"""Cloth that hangs: skirts, dresses, coats, loose shirts. A tube about hips and legs is skinned like a body, then falls on the
legs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sspnet_train.synth.body import PosedBody, blend
from sspnet_train.synth.body_data import Body
from sspnet_train.synth.mesh import Mesh, plain_mesh
from sspnet_train.synth.rotations import normalized
from sspnet_train.synth.shapes import grid_triangles

COLUMNS, ROW_M = 30, 0.045
STEPS, FALL_M = 45, 0.006
GAP_M, REACH_M = 0.012, 0.08
LEG_BONES = ("upperleg01", "lowerleg01", "foot")


@dataclass(frozen=True)
class Cut:
    """How a hanging cloth is cut.

    Attributes:
        waist: m above the hips' joints.
        length: m.
        flare: how much wider the hem is than the hips.
        slit: whether it is open at the front, as a coat is.
        ease: m of air at the waist.
    """

    waist: float
    length: float
    flare: float
    slit: bool = False
    ease: float = 0.01


def draw_cut(kind: str, rng: np.random.Generator) -> Cut:
    """Draw the cut of a kind of cloth: "skirt", "dress", "coat" or "shirt"."""
    if kind == "shirt":
        return Cut(
            rng.uniform(0.1, 0.16),
            rng.uniform(0.14, 0.34),
            rng.uniform(1.05, 1.35),
            bool(rng.random() < 0.3),
            rng.uniform(0.01, 0.035),
        )
    if kind == "coat":
        return Cut(rng.uniform(0.1, 0.16), rng.uniform(0.4, 1.0), rng.uniform(1.1, 1.5), True, rng.uniform(0.02, 0.04))
    return Cut(
        rng.uniform(0.08, 0.15),
        float(np.exp(rng.uniform(np.log(0.35), np.log(1.0)))),
        float(np.exp(rng.uniform(0.0, np.log(2.2)))),
    )


def hanging_cloth(
    body: Body, posed: PosedBody, skin: Mesh, trunk: np.ndarray, cut: Cut, albedo: np.ndarray, tile: int, rng: np.random.Generator
) -> Mesh:
    """The cloth as it hangs, along -y, on a posed body.

    Args:
        body: in its rest pose.
        posed: the same in its pose.
        skin: the posed body with what is worn under the cloth.
        trunk: (V,) its vertices of trunk and legs, without arms.
        cut: of the cloth.
        albedo: (3,) linear.
        tile: of cloth, or `NO_CLOTH`.
        rng: decides its waves.
    """
    rest = _rest_tube(body, cut, trunk, rng)
    rows = len(rest)
    cloth = _skinned(body, posed, rest.reshape(-1, 3)).reshape(rest.shape)
    vertical = np.linalg.norm(np.diff(rest, axis=0), axis=2)
    across = np.linalg.norm(np.roll(rest, -1, axis=1) - rest, axis=2)
    if cut.slit:
        across[:, -1] = 10.0
    capsules = _leg_capsules(body, posed)
    for step in range(STEPS):
        cloth[1:, :, 1] -= FALL_M
        for row in range(1, rows):
            _keep_near(cloth[row], cloth[row - 1], vertical[row - 1])
        for first in (step % 2, 1 - step % 2):
            _draw_together(cloth, across, np.arange(first, COLUMNS, 2))
        for capsule in capsules:
            _push_out(cloth[1:], *capsule)
    surface, outwards = skin.vertices[trunk][::2], skin.normals[trunk][::2]
    for _ in range(3):
        _push_off(cloth, surface, outwards)
    triangles = grid_triangles(rows, COLUMNS, closed=not cut.slit)
    angle, height = np.meshgrid(np.linspace(0, 1, COLUMNS), np.arange(rows) * ROW_M)
    scale = rng.uniform(1.5, 5)
    uv = np.stack([angle * scale, height * scale], axis=2).reshape(-1, 2) + rng.random(2)
    mesh = plain_mesh(cloth.reshape(-1, 3), triangles, albedo, uv, tile, folds=rng.uniform(0.001, 0.004), gloss=0.02)
    return replace(mesh, rest=rest.reshape(-1, 3))


def _rest_tube(body: Body, cut: Cut, trunk: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The tube in the rest pose's axes: an ellipse about the waist, then wider to the hem, with waves. -> (rows, columns, 3).

    Column 0 is the front.
    """
    hips = (body.head("upperleg01.L") + body.head("upperleg01.R")) / 2
    top = hips[2] + cut.waist
    vertices = body.vertices[trunk]
    belt = vertices[np.abs(vertices[:, 2] - top) < 0.02]
    seat = vertices[np.abs(vertices[:, 2] - hips[2]) < 0.05]
    angle = np.linspace(0, 2 * np.pi, COLUMNS, endpoint=False)
    rows = max(int(cut.length / ROW_M), 3)
    waves = 1 + rng.uniform(0.0, 0.09) * np.sin(angle * rng.integers(4, 9) + rng.uniform(0, 6))
    tube = np.empty((rows, COLUMNS, 3))
    for row in range(rows):
        depth = row * ROW_M
        to_seat = min(depth / max(cut.waist, 0.05), 1.0)
        wide = 1 + (cut.flare - 1) * min(depth / max(cut.length, 0.1), 1.0)
        (x0, x1), (y0, y1) = ((1 - to_seat) * _extent(belt, axis) + to_seat * _extent(seat, axis) for axis in (0, 1))
        ripple = 1 + (waves - 1) * min(depth / 0.2, 1.0)
        tube[row, :, 0] = (x0 + x1) / 2 + ((x1 - x0) / 2 + cut.ease) * wide * np.sin(angle) * ripple
        tube[row, :, 1] = (y0 + y1) / 2 - ((y1 - y0) / 2 + cut.ease) * wide * np.cos(angle) * ripple
        tube[row, :, 2] = top - depth
    return tube


def _extent(vertices: np.ndarray, axis: int) -> np.ndarray:
    return np.quantile(vertices[:, axis], [0.0, 1.0])


def _skinned(body: Body, posed: PosedBody, rest: np.ndarray) -> np.ndarray:
    """Move the tube as the body moves: with the pelvis at the top, below with both legs by their nearness."""
    bones = [body.rig.bone(name) for name in ("root", "upperleg01.L", "lowerleg01.L", "upperleg01.R", "lowerleg01.R")]
    hip, knee = body.head("upperleg01.L")[2], body.head("lowerleg01.L")[2]
    leg = np.clip((hip + 0.02 - rest[:, 2]) / 0.16, 0, 1)
    shin = np.clip((knee + 0.06 - rest[:, 2]) / 0.12, 0, 1)
    left = np.clip(0.5 + rest[:, 0] / 0.24, 0, 1)
    weights = np.stack(
        [1 - leg, leg * left * (1 - shin), leg * left * shin, leg * (1 - left) * (1 - shin), leg * (1 - left) * shin], axis=1
    )
    moved = blend(rest, weights.astype(np.float32), np.broadcast_to(bones, weights.shape), posed.rotations, posed.shifts)
    return moved.astype(np.float64)


def _leg_capsules(body: Body, posed: PosedBody) -> list[tuple[np.ndarray, np.ndarray, float, float]]:
    """Start, end and the radii there, of both thighs and shins."""
    capsules = []
    for side in "LR":
        heads = [f"{name}.{side}" for name in LEG_BONES]
        radii = [
            _thickness(body, heads[0], heads[1], 0.3),
            _thickness(body, heads[1], heads[2], 0.0),
            _thickness(body, heads[1], heads[2], 0.9),
        ]
        points = [posed.heads[body.rig.bone(name)] for name in heads]
        capsules += [(points[k], points[k + 1], radii[k], radii[k + 1]) for k in range(2)]
    return capsules


def _thickness(body: Body, start: str, end: str, share: float) -> float:
    """Radius (m) of the rest body's limb at `share` of the way between two bone heads."""
    a, b = body.head(start), body.head(end)
    bone = b - a
    along = (body.vertices - a) @ bone / (bone @ bone)
    distance = np.linalg.norm(body.vertices - a - along[:, None] * bone, axis=1)
    near = (np.abs(along - share) < 0.08) & (distance < 0.16) & (body.vertices[:, 0] * a[0] > 0)
    return float(np.quantile(distance[near], 0.85)) if near.any() else 0.07


def _keep_near(points: np.ndarray, anchors: np.ndarray, length: np.ndarray) -> None:
    """Pull points to within `length` of the row above, in place: cloth does not stretch."""
    offset = points - anchors
    distance = np.linalg.norm(offset, axis=1)
    points += offset * (np.minimum(length / np.maximum(distance, 1e-9), 1) - 1)[:, None]


def _draw_together(cloth: np.ndarray, longest: np.ndarray, columns: np.ndarray) -> None:
    """Pull neighbours in a row to at most their length apart, in place. The waist stays."""
    following = (columns + 1) % COLUMNS
    offset = cloth[1:, following] - cloth[1:, columns]
    distance = np.linalg.norm(offset, axis=2)
    excess = np.clip(1 - longest[1:, columns] / np.maximum(distance, 1e-9), 0, None)[..., None] * offset / 2
    cloth[1:, columns] += excess
    cloth[1:, following] -= excess


def _push_out(points: np.ndarray, start: np.ndarray, end: np.ndarray, radius_start: float, radius_end: float) -> None:
    """Move points out of a tapered capsule, in place."""
    bone = end - start
    along = np.clip((points - start) @ bone / (bone @ bone), 0, 1)
    offset = points - start - along[..., None] * bone
    distance = np.linalg.norm(offset, axis=-1)
    radius = radius_start + along * (radius_end - radius_start) + GAP_M
    inside = distance < radius
    points[inside] += (normalized(offset) * (radius - distance)[..., None])[inside]


def _push_off(cloth: np.ndarray, surface: np.ndarray, outwards: np.ndarray) -> None:
    """Move points that lie under the surface (n, 3), or too near to it, along its normals, in place."""
    points = cloth.reshape(-1, 3)
    squared = (points**2).sum(axis=1)[:, None] - 2 * points @ surface.T + (surface**2).sum(axis=1)
    nearest = squared.argmin(axis=1)
    height = np.einsum("ni,ni->n", points - surface[nearest], outwards[nearest])
    reached = squared[np.arange(len(points)), nearest] < REACH_M**2
    points += outwards[nearest] * np.where(reached, np.clip(GAP_M - height, 0, REACH_M), 0)[:, None]
