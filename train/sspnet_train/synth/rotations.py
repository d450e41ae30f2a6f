"""Rotations as 3x3 matrices that act on column vectors."""

from __future__ import annotations

import numpy as np


def normalized(v: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) of length 1. A zero vector stays zero."""
    return v / (np.linalg.norm(v, axis=-1, keepdims=True) + 1e-9)


def cross_matrix(v: np.ndarray) -> np.ndarray:
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])


def axis_angle(axis: np.ndarray | list[float], angle: float) -> np.ndarray:
    """Right-handed turn by `angle` radians about `axis`."""
    k = cross_matrix(normalized(np.asarray(axis, float)))
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k


def degrees_about(axis: np.ndarray, degrees: float) -> np.ndarray:
    """As `axis_angle`, by an angle in degrees."""
    return axis_angle(axis, float(np.radians(degrees)))


def shortest_turn(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The smallest rotation that brings direction a to direction b."""
    a, b = normalized(a), normalized(b)
    cosine = float(a @ b)
    if cosine < -0.9999:
        side = normalized(np.cross(a, [1.0, 0, 0] if abs(a[0]) < 0.9 else [0, 1.0, 0]))
        return 2 * np.outer(side, side) - np.eye(3)
    k = cross_matrix(np.cross(a, b))
    return np.eye(3) + k + k @ k / (1 + cosine)


def frame(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Orthonormal axes as columns: y exactly, x as near as it can be, and z = x × y."""
    y = normalized(y)
    x = normalized(x - y * (x @ y))
    return np.stack([x, y, np.cross(x, y)], axis=1)


def slerp(start: np.ndarray, end: np.ndarray, share: float) -> np.ndarray:
    """`share` of the way from one rotation to another."""
    turn = end @ start.T
    angle = float(np.arccos(np.clip((np.trace(turn) - 1) / 2, -1, 1)))
    axis = np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]])
    if angle < 1e-4 or np.linalg.norm(axis) < 1e-6:
        return start
    return axis_angle(axis, angle * share) @ start


def angle_about(axis: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    """Radians by which `start` has to turn about `axis` to point as `end` does. Both are seen along the axis."""
    axis = normalized(axis)
    a, b = normalized(start - axis * (start @ axis)), normalized(end - axis * (end @ axis))
    return float(np.arctan2(np.cross(a, b) @ axis, a @ b))
