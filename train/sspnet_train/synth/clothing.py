"""What a body wears, painted on its skin and pushed out from it: sleeves and legs of any length, necklines, shoes, hair."""

from __future__ import annotations

import numpy as np

from sspnet_train.synth.body_data import Body
from sspnet_train.synth.faces import cover_face, paint_face
from sspnet_train.synth.mesh import NO_CLOTH
from sspnet_train.synth.outfit import Outfit
from sspnet_train.synth.regions import Measures, Regions

SKIN = np.array([
    [0.66, 0.41, 0.29], [0.58, 0.34, 0.23], [0.50, 0.27, 0.17], [0.36, 0.18, 0.10],
    [0.22, 0.105, 0.06], [0.13, 0.06, 0.035], [0.72, 0.48, 0.36], [0.62, 0.38, 0.26],
])  # fmt: skip
HAIR = np.array([
    [0.04, 0.03, 0.03], [0.10, 0.06, 0.04], [0.18, 0.11, 0.06], [0.35, 0.24, 0.13],
    [0.40, 0.27, 0.12], [0.28, 0.28, 0.28], [0.30, 0.12, 0.06], [0.02, 0.02, 0.02],
])  # fmt: skip
SLEEVES, SLEEVE_SHARES = (0.15, 0.45, 0.7, 1.1, 1.95), (0.13, 0.27, 0.15, 0.1, 0.35)
LEGS, LEG_SHARES = (0.15, 0.45, 0.8, 1.3, 1.97), (0.07, 0.2, 0.13, 0.08, 0.52)
THICKEST_M = 0.06


class Wardrobe:
    """Dresses bodies of one rig. `tiles` is the number of cloth tiles."""

    def __init__(self, regions: Regions, tiles: int):
        self.regions, self.tiles = regions, tiles

    def dress(
        self,
        body: Body,
        rng: np.random.Generator,
        *,
        clothes: bool = True,
        shoes: bool = True,
        bare_legs: bool = False,
        masked: bool = False,
    ) -> Outfit:
        """Skin, face, clothes, shoes and hair for one body.

        Args:
            body: to be dressed.
            rng: decides it.
            clothes: whether clothes are painted.
            shoes: whether shoes are.
            bare_legs: short under a skirt.
            masked: see `cover_face`.
        """
        vertices = body.vertices.astype(np.float64)
        unevenness = _unevenness(vertices, rng)
        outfit, skin = _bare(vertices, rng)
        paint_face(outfit, body, self.regions, skin, rng)
        measures, relief = Measures(body), 1 + 0.45 * unevenness
        if clothes:
            self._clothe(outfit, body, measures, relief, bare_legs, rng)
        if shoes:
            self._shoe(outfit, measures, relief, rng)
        self._hair(outfit, body, skin, unevenness, rng)
        if masked:
            cover_face(outfit, body, self.regions, any_colour(rng), self.tile(rng, 0.3), rng)
        outfit.albedo, outfit.thickness = np.clip(outfit.albedo, 0.005, 1.1), np.clip(outfit.thickness, 0, THICKEST_M)
        return outfit

    def tile(self, rng: np.random.Generator, share: float) -> int:
        """A cloth tile in `share` of the cases, else plain colour."""
        return int(rng.integers(self.tiles)) if rng.random() < share else NO_CLOTH

    def _clothe(
        self, outfit: Outfit, body: Body, measures: Measures, relief: np.ndarray, bare_legs: bool, rng: np.random.Generator
    ) -> None:
        thin, thick = (0.002, 0.012) if rng.random() < 0.5 else (0.008, 0.035)
        top, bottom = self._top(body, measures, rng), self._bottom(body, measures, bare_legs, rng)

        def wear(where: np.ndarray, share: float) -> None:
            depth = rng.uniform(thin, thick)
            outfit.put_on(
                where, any_colour(rng), self.tile(rng, share), depth * relief, rng.uniform(0.0008, 0.0035) + 0.05 * depth
            )

        if rng.random() < 0.12:
            wear(top | bottom, 0.6)
        else:
            wear(bottom, 0.6)
            if rng.random() > 0.07:
                wear(top, 0.65)
                if rng.random() < 0.15:
                    stripes = top & (np.sin(body.vertices[:, 2] * rng.uniform(40, 120)) > 0)
                    outfit.albedo[stripes], outfit.cloth[stripes] = any_colour(rng), NO_CLOTH

    def _shoe(self, outfit: Outfit, measures: Measures, relief: np.ndarray, rng: np.random.Generator) -> None:
        part = self.regions
        if rng.random() < 0.85:
            boot = 1.93 if rng.random() < 0.8 else 1.86 + rng.uniform(-0.35, 0.1)
            shoe = part.foot | (part.shin & (measures.along_leg > boot))
            outfit.put_on(shoe, any_colour(rng) * 0.7, NO_CLOTH, rng.uniform(0.004, 0.014) * relief, 0.0, rng.uniform(0, 0.12))
        if rng.random() < 0.06:
            outfit.put_on(part.hand, any_colour(rng), NO_CLOTH, 0.006 * relief, 0.001)

    def _top(self, body: Body, measures: Measures, rng: np.random.Generator) -> np.ndarray:
        part, x, y, z = self.regions, *body.vertices.T
        length = rng.choice(SLEEVES, p=SLEEVE_SHARES) + rng.normal(0, 0.05)
        hem = body.head("spine05")[2] + rng.normal(0, 0.03) - rng.uniform(-0.02, 0.12)
        sleeve = (part.upper_arm | part.forearm) & (measures.along_arm < length)
        collar = part.neck & (z < body.head("neck01")[2] + rng.uniform(-0.02, 0.05))
        top = (part.chest | collar | sleeve | (part.pelvis & (z > hem))) & ~part.hand
        if rng.random() < 0.25:
            cut = (z > body.head("spine01")[2] + rng.uniform(-0.02, 0.08)) & (np.abs(x) < rng.uniform(0.04, 0.12)) & (y < 0)
            top &= ~(part.chest & cut)
        return top

    def _bottom(self, body: Body, measures: Measures, bare_legs: bool, rng: np.random.Generator) -> np.ndarray:
        part = self.regions
        length = (LEGS[0] if bare_legs else rng.choice(LEGS, p=LEG_SHARES)) + rng.normal(0, 0.05)
        waist = body.head("spine05")[2] + rng.normal(0, 0.03) + 0.04
        return (part.pelvis & (body.vertices[:, 2] <= waist)) | ((part.thigh | part.shin) & (measures.along_leg < length))

    def _hair(self, outfit: Outfit, body: Body, skin: np.ndarray, unevenness: np.ndarray, rng: np.random.Generator) -> None:
        part, (x, y, z) = self.regions, body.vertices.T
        side, back, above = (body.vertices - body.head("head")).T
        hairline = 0.10 + rng.normal(0, 0.012) + np.clip(-back * 0.35, -0.12, 0.06)
        scalp = part.head & ((above > hairline) | ((back > 0.035) & (above > 0))) & ~part.eye
        if rng.random() > 0.92:
            outfit.albedo[scalp] = np.clip(skin * rng.uniform(0.9, 1.1), 0, 1)
            return
        colour = HAIR[rng.integers(len(HAIR))] * rng.uniform(0.7, 1.3) if rng.random() < 0.85 else any_colour(rng)
        outfit.put_on(scalp, colour, NO_CLOTH, rng.uniform(0.006, 0.04) * (1 + 0.3 * unevenness), 0.0015, 0.05)
        outfit.albedo[scalp] *= (1 + 0.25 * unevenness)[scalp, None]
        if rng.random() < (0.55 if body.rig.female[body.index] else 0.15):
            falls = part.chest & (y > 0.03) & (z > body.head("neck01")[2] - rng.uniform(0, 0.15)) & (np.abs(x) < 0.1)
            long = ((part.head | part.neck) & (back > 0.02) & (np.abs(side) < 0.11)) | falls
            outfit.put_on(long, colour, NO_CLOTH, np.maximum(outfit.thickness, rng.uniform(0.015, 0.045)), 0.002, 0.05)


def _unevenness(vertices: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Waves of three lengths over the body, about -1..1. -> (V,)."""
    waves = ((14, 0.5), (30, 0.3), (60, 0.2))
    return np.sum([np.sin(vertices @ rng.normal(0, f, 3) + rng.uniform(0, 6.3)) * a for f, a in waves], axis=0)


def _bare(vertices: np.ndarray, rng: np.random.Generator) -> tuple[Outfit, np.ndarray]:
    skin = SKIN[rng.integers(len(SKIN))] * rng.uniform(0.85, 1.15)
    mottled = 1 + 0.06 * np.sin(vertices @ rng.normal(0, 25, 3) + rng.uniform(0, 6))
    scale, count = rng.uniform(1.5, 5), len(vertices)
    uv = np.stack([vertices[:, 0] * scale + vertices[:, 1] * scale * 0.7, vertices[:, 2] * scale], axis=1) + rng.random(2)
    zeros = np.zeros(count)
    return Outfit(skin * mottled[:, None], np.full(count, NO_CLOTH), uv, zeros, zeros.copy(), np.full(count, 0.05)), skin


def any_colour(rng: np.random.Generator) -> np.ndarray:
    """A colour (3,), linear. Half of them are near grey, and more are dark than light, as clothes are."""
    channels = 3 if rng.random() < 0.45 else 1
    brightness = np.broadcast_to(0.015 + 0.85 * rng.uniform(0, 1, channels) ** 2, 3)
    return np.clip(brightness * rng.uniform(0.85, 1.15, 3), 0.01, 0.9)
