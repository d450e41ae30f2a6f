"""What the renderer draws: triangles with a material at every vertex."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sspnet_train.synth.rotations import normalized

NO_CLOTH = -1


@dataclass(frozen=True)
class Mesh:
    """Triangles, and a material at every vertex.

    Attributes:
        vertices: (V, 3) metres.
        normals: (V, 3).
        rest: (V, 3) metres; anchors folds and grain to the surface.
        albedo: (V, 3) linear.
        uv: (V, 2).
        cloth: (V,) number of the cloth tile, -1 for none.
        folds: (V,) height of cloth's folds in metres.
        gloss: (V,) 0..1.
        triangles: (T, 3).
    """

    vertices: np.ndarray
    normals: np.ndarray
    triangles: np.ndarray
    albedo: np.ndarray
    rest: np.ndarray
    uv: np.ndarray
    cloth: np.ndarray
    folds: np.ndarray
    gloss: np.ndarray

    def moved(self, rotation: np.ndarray, shift: np.ndarray) -> Mesh:
        """The mesh turned about the origin, then shifted."""
        return replace(self, vertices=self.vertices @ rotation.T + shift, normals=self.normals @ rotation.T)


def plain_mesh(
    vertices: np.ndarray,
    triangles: np.ndarray,
    albedo: np.ndarray,
    uv: np.ndarray | None = None,
    cloth: int = NO_CLOTH,
    folds: float = 0.0,
    gloss: float = 0.0,
) -> Mesh:
    """A mesh of one material. `albedo` is (3,) or (V, 3)."""
    count = len(vertices)
    return Mesh(
        vertices, vertex_normals(vertices, triangles), triangles, np.broadcast_to(albedo, (count, 3)).astype(float), vertices,
        np.zeros((count, 2)) if uv is None else uv, np.full(count, cloth), np.full(count, folds), np.full(count, gloss),
    )  # fmt: skip


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Unit normals (V, 3), with triangles weighted by their area."""
    a, b, c = (vertices[triangles[:, corner]] for corner in range(3))
    faces = np.cross(b - a, c - a)
    normals = np.stack([np.bincount(triangles.ravel(), np.repeat(faces[:, axis], 3), len(vertices)) for axis in range(3)], axis=1)
    return normalized(normals)
