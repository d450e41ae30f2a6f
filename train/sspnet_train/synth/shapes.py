"""Boxes, cylinders, ellipsoids: vertices (V, 3) m, triangles (T, 3) int32, uv (V, 2).

Corners that should look sharp are doubled.
"""

from __future__ import annotations

import numpy as np

Shape = tuple[np.ndarray, np.ndarray, np.ndarray]


def grid_triangles(rows: int, columns: int, closed: bool = False) -> np.ndarray:
    """Triangles of a rows x columns sheet of vertices, row by row. `closed` joins the last column to the first."""
    row = np.arange(rows - 1)[:, None] * columns
    column = np.arange(columns if closed else columns - 1)[None]
    following = (column + 1) % columns
    a, b, c, d = (
        (row + column).ravel(),
        (row + following).ravel(),
        (row + columns + column).ravel(),
        (row + columns + following).ravel(),
    )
    return np.concatenate([np.stack([a, c, b], 1), np.stack([b, c, d], 1)]).astype(np.int32)


def box(size: tuple[float, float, float] | np.ndarray) -> Shape:
    """A box centred on 0. `size` is x, y, z in metres."""
    half = np.asarray(size, float) / 2
    vertices: list[np.ndarray] = []
    triangles: list[list[int]] = []
    uv: list[tuple[float, float]] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            u, v = (axis + 1) % 3, (axis + 2) % 3
            start = len(vertices)
            for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                corner = np.zeros(3)
                corner[axis], corner[u], corner[v] = sign, a, b
                vertices.append(corner * half)
                uv.append((a * half[u], b * half[v]))
            order = (0, 1, 2, 0, 2, 3) if sign > 0 else (0, 2, 1, 0, 3, 2)
            triangles.append([start + i for i in order])
    return np.array(vertices), np.array(triangles, np.int32).reshape(-1, 3), np.array(uv)


def turned(profile: np.ndarray, columns: int = 16) -> Shape:
    """A profile (n, 2) of radius and height, bottom to top, turned about y."""
    angle = np.linspace(0, 2 * np.pi, columns, endpoint=False)
    radius, height = profile.T
    x, z = radius[:, None] * np.cos(angle), radius[:, None] * np.sin(angle)
    vertices = np.stack([x, np.broadcast_to(height[:, None], x.shape), z], axis=2).reshape(-1, 3)
    uv = np.stack(np.broadcast_arrays(angle[None] * 0.2, height[:, None]), axis=2).reshape(-1, 2)
    return vertices, grid_triangles(len(profile), columns, closed=True), uv


def cylinder(radius: float, height: float, top_radius: float | None = None) -> Shape:
    """An upright, closed cylinder centred on 0."""
    top = radius if top_radius is None else top_radius
    profile = [(0, -0.5), (radius, -0.5), (radius, -0.5), (top, 0.5), (top, 0.5), (0, 0.5)]
    return turned(np.array(profile) * [1, height])


def ellipsoid(radii: tuple[float, float, float] | np.ndarray, lowest: float = -1.0, columns: int = 16) -> Shape:
    """An ellipsoid centred on 0, cut off below `lowest`: a share of the height, -1 for a whole one."""
    polar = np.linspace(np.arcsin(max(lowest, -1.0)), np.pi / 2, 10)
    vertices, triangles, uv = turned(np.stack([np.cos(polar), np.sin(polar)], axis=1), columns)
    return vertices * np.asarray(radii, float), triangles, uv
