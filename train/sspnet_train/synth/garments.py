"""MakeHuman's garments on Anny's bodies: meshes that follow the base mesh vertex by vertex (.mhclo, .obj), posed like the body.

The garments that MakeHuman ships are CC0. For others see their files.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sspnet_train.errors import TrainingError
from sspnet_train.synth.body import PosedBody, blend
from sspnet_train.synth.body_data import Body, BodyData
from sspnet_train.synth.clothing import Wardrobe, any_colour
from sspnet_train.synth.mesh import Mesh, plain_mesh
from sspnet_train.synth.outfit import tint

MAKEHUMAN_PER_M = 10.0
SHOES, HATS = "shoes", "fedora"


class GarmentError(TrainingError):
    """A garment file that cannot be used."""


@dataclass(frozen=True)
class Garment:
    """One garment of G vertices.

    Attributes:
        kind: "suit", "shoes" or "hat".
        anchors: (G, 3) vertices of `BodyData`.
        shares: (G, 3) of each anchor.
        offsets: (G, 3) in MakeHuman's axes and units.
        scales: per axis, two vertices and the distance between them for which the offsets were made.
        covered: (skin_count,) skin that it hides.
        parts: (G,) number of the connected piece.
        weights: (G, K) as a body's.
        bones: (G, K) as a body's.
    """

    name: str
    kind: str
    female: bool | None
    triangles: np.ndarray
    uv: np.ndarray
    anchors: np.ndarray
    shares: np.ndarray
    offsets: np.ndarray
    scales: tuple[tuple[int, int, float], ...]
    covered: np.ndarray
    parts: np.ndarray
    weights: np.ndarray
    bones: np.ndarray

    def on(self, body: Body, posed: PosedBody, wardrobe: Wardrobe, rng: np.random.Generator) -> Mesh:
        """The garment on a posed body. Each piece has its own colour or cloth."""
        rest = self._fitted(body.rig.vertices[body.index].astype(np.float64))
        vertices = blend(rest, self.weights, self.bones, posed.rotations, posed.shifts).astype(np.float64)
        count = int(self.parts.max()) + 1
        colours = np.stack([any_colour(rng) for _ in range(count)])[self.parts]
        tiles = np.array([wardrobe.tile(rng, 0.6) for _ in range(count)])[self.parts]
        light = np.where(tiles[:, None] >= 0, tint(colours), colours)
        mesh = plain_mesh(
            vertices, self.triangles, light, self.uv * rng.uniform(2, 8), folds=rng.uniform(0.0003, 0.002), gloss=0.03
        )
        return Mesh(mesh.vertices, mesh.normals, mesh.triangles, mesh.albedo, rest, mesh.uv, tiles, mesh.folds, mesh.gloss)

    def _fitted(self, vertices: np.ndarray) -> np.ndarray:
        """The garment (G, 3) on a rest body whose vertices (V, 3) are given, in metres, z up."""
        scale = [
            abs(vertices[a, axis] - vertices[b, axis]) * MAKEHUMAN_PER_M / distance
            for axis, (a, b, distance) in zip((0, 2, 1), self.scales, strict=True)
        ]
        x, y, z = (self.offsets * scale).T / MAKEHUMAN_PER_M
        return np.einsum("gk,gki->gi", self.shares, vertices[self.anchors]) + np.stack([x, -z, y], axis=1)


def load_garments(archive: Path, rig: BodyData) -> list[Garment]:
    """Every garment of a zip that has `NAME.mhclo` and `NAME.obj` side by side."""
    try:
        with zipfile.ZipFile(archive) as files:
            names = sorted(name for name in files.namelist() if name.endswith(".mhclo"))
            return [_read(name, files.read(name).decode(), files.read(name[:-6] + ".obj").decode(), rig) for name in names]
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, IndexError) as error:
        raise GarmentError(f"{archive} holds a garment that cannot be read (.mhclo with .obj beside it): {error!r}") from None


def _read(name: str, fitting: str, shape: str, rig: BodyData) -> Garment:
    place = np.full(int(rig.base_indices.max()) + 1, -1)
    place[rig.base_indices] = np.arange(len(rig.base_indices))
    rows, scales, hidden, section = [], {}, [], ""
    for words in (line.split() for line in fitting.splitlines() if line.strip() and not line.startswith("#")):
        if words[0] in ("x_scale", "y_scale", "z_scale"):
            scales[words[0][0]] = (int(place[int(words[1])]), int(place[int(words[2])]), float(words[3]))
        elif words[0] in ("verts", "delete_verts"):
            section = words[0]
        elif section == "verts" and len(words) in (1, 9) and words[0].isdigit():
            rows.append([float(word) for word in words] if len(words) == 9 else [float(words[0])] * 3 + [1, 0, 0, 0, 0, 0])
        elif section == "delete_verts" and words[0].isdigit():
            hidden += _ranges(words)
    fit = np.array(rows)
    triangles, uv = _mesh(shape, len(fit))
    anchors, shares = place[fit[:, :3].astype(int)], fit[:, 3:6]
    covered = np.zeros(len(place), bool)
    covered[place[hidden]] = True
    weights, bones = _skin_weights(rig, anchors, shares)
    kind = "shoes" if SHOES in name else "hat" if HATS in name else "suit"
    female = True if "tag Female" in fitting else False if "tag Male" in fitting else None
    return Garment(
        Path(name).stem, kind, female, triangles, uv, anchors, shares, fit[:, 6:], tuple(scales[axis] for axis in "xyz"),
        covered[: rig.skin_count], _pieces(triangles, len(fit)), weights, bones,
    )  # fmt: skip


def _ranges(words: list[str]) -> list[int]:
    """ "3 7 - 9" -> 3, 7, 8, 9."""
    numbers: list[int] = []
    for position, word in enumerate(words):
        if word == "-":
            numbers += range(int(words[position - 1]) + 1, int(words[position + 1]))
        else:
            numbers.append(int(word))
    return numbers


def _mesh(shape: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Triangles (T, 3) and texture coordinates (count, 2) of an .obj. There is one coordinate per vertex; seams are not kept."""
    texture, uv, triangles = [], np.zeros((count, 2)), []
    for words in (line.split() for line in shape.splitlines()):
        if words[:1] == ["vt"]:
            texture.append((float(words[1]), float(words[2])))
        elif words[:1] == ["f"]:
            corners = [[int(number) - 1 for number in word.split("/")[:2] if number] for word in words[1:]]
            for corner in corners:
                if len(corner) > 1:
                    uv[corner[0]] = texture[corner[1]]
            triangles += [(corners[0][0], corners[k][0], corners[k + 1][0]) for k in range(1, len(corners) - 1)]
    return np.array(triangles, np.int32), uv


def _skin_weights(rig: BodyData, anchors: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A garment's vertex moves as its three anchors do, each by its share."""
    weights = (rig.weights[anchors] * np.clip(shares, 0, None)[..., None]).reshape(len(anchors), -1)
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return weights.astype(np.float32), rig.bone_indices[anchors].reshape(len(anchors), -1)


def _pieces(triangles: np.ndarray, count: int) -> np.ndarray:
    """(count,) number of the connected piece that each vertex belongs to."""
    label = np.arange(count)
    while True:
        lowest = label[triangles].min(axis=1)
        before = label.copy()
        np.minimum.at(label, triangles.ravel(), np.repeat(lowest, 3))
        label = label[label]
        if (label == before).all():
            return np.unique(label, return_inverse=True)[1]
