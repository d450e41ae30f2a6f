"""Faces painted on the skin: eyes, brows, lips, beard, shadow under the brow."""

from __future__ import annotations

import numpy as np

from sspnet_train.synth.body_data import Body
from sspnet_train.synth.mesh import NO_CLOTH
from sspnet_train.synth.outfit import Outfit
from sspnet_train.synth.regions import Regions
from sspnet_train.synth.rotations import normalized

IRIS = np.array([[0.05, 0.03, 0.02], [0.10, 0.06, 0.03], [0.08, 0.14, 0.10], [0.12, 0.20, 0.32]])
DARK_HAIR = np.array([[0.03, 0.02, 0.02], [0.08, 0.05, 0.03], [0.16, 0.10, 0.06], [0.35, 0.33, 0.32]])
IRIS_COSINE, PUPIL_COSINE = 0.86, 0.975


def paint_face(outfit: Outfit, body: Body, part: Regions, skin: np.ndarray, rng: np.random.Generator) -> None:
    """Colour the face in place. `skin` is its colour (3,), linear."""
    vertices, albedo = body.vertices.astype(np.float64), outfit.albedo
    hair = DARK_HAIR[rng.integers(len(DARK_HAIR))] * rng.uniform(0.7, 1.4)
    albedo[part.lips] = skin * [1.0, rng.uniform(0.55, 0.8), rng.uniform(0.55, 0.8)]
    iris = IRIS[rng.integers(len(IRIS))]
    for side in "LR":
        _paint_eye(outfit, vertices, body.head(f"eye.{side}"), part, hair, skin, iris)
    if not body.rig.female[body.index] and rng.random() < 0.4:
        _paint_beard(albedo, vertices, body, part, hair, rng)
    if rng.random() < 0.07:
        eyes = (body.head("eye.L") + body.head("eye.R")) / 2
        x, y, z = (vertices - eyes).T
        shades = part.head & (np.abs(x) < 0.068) & (np.abs(z) < 0.017) & (y < 0.012)
        outfit.put_on(shades, np.array([0.02, 0.02, 0.025]), NO_CLOTH, np.full(len(x), 0.006), 0.0, 0.5)


def cover_face(outfit: Outfit, body: Body, part: Regions, colour: np.ndarray, tile: int, rng: np.random.Generator) -> None:
    """Cover the face: a mask before mouth and nose, a scarf up to the eyes, a balaclava, or a veil or visor over all of it."""
    eyes = (body.head("eye.L") + body.head("eye.R")) / 2
    x, y, z = (body.vertices - eyes).T
    face, kind = (part.head | part.neck | part.lips) & (y < 0.09), rng.choice(["mask", "scarf", "balaclava", "veil"])
    where = {
        "mask": face & (z < -0.022) & (z > -0.125) & (y < 0.05),
        "scarf": (part.head | part.neck | part.lips) & (z < -0.03),
        "balaclava": (part.head | part.neck | part.lips) & ~((np.abs(z) < 0.018) & (np.abs(x) < 0.055) & (y < 0.03)) & ~part.eye,
        "veil": face | part.eye,
    }[kind]
    outfit.put_on(where, colour, tile, np.full(len(x), rng.uniform(0.004, 0.015)), 0.001)


def _paint_eye(
    outfit: Outfit, vertices: np.ndarray, centre: np.ndarray, part: Regions, hair: np.ndarray, skin: np.ndarray, iris: np.ndarray
) -> None:
    x, y, z = (vertices - centre).T
    near = part.head & (np.abs(x) < 0.03)
    socket = near & (np.abs(z) < 0.014) & (y < 0)
    outfit.albedo[socket] = skin * 0.72
    brow = near & (np.abs(x) < 0.023) & (z > 0.017 - 0.12 * np.abs(x)) & (z < 0.026 - 0.12 * np.abs(x)) & (y < 0.005)
    outfit.albedo[brow] = 0.25 * skin + 0.75 * hair
    ball = part.eye & (np.linalg.norm(vertices - centre, axis=1) < 0.02)
    forwards = -normalized(vertices - centre)[:, 1]
    outfit.albedo[ball] = [0.62, 0.58, 0.55]
    outfit.albedo[ball & (forwards > IRIS_COSINE)] = iris
    outfit.albedo[ball & (forwards > PUPIL_COSINE)] = 0.01
    outfit.gloss[ball] = 0.4


def _paint_beard(
    albedo: np.ndarray, vertices: np.ndarray, body: Body, part: Regions, hair: np.ndarray, rng: np.random.Generator
) -> None:
    """From stubble to a full beard: the lower face, without lips and the middle of the cheeks."""
    eyes = (body.head("eye.L") + body.head("eye.R")) / 2
    x, y, z = (vertices - eyes).T
    low = z < -0.055 - 0.25 * np.clip(0.05 - np.abs(x), 0, 0.05) + 0.02 * (np.abs(x) < 0.025)
    beard = (part.head | part.neck) & low & (z > -0.14) & (y < 0.07) & ~part.lips
    density = rng.uniform(0.15, 0.9)
    albedo[beard] = (1 - density) * albedo[beard] + density * hair
