"""The 3D inset: skeletons on a floor, seen from above and from the side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.drawing.skeleton import JOINT_COLORS, bone_color, bones_of, width_of
from sspnet_sdk.errors import OptionError
from sspnet_sdk.pose import Pose, poses_in

Image = NDArray[np.uint8]
Points = NDArray[np.float64]

_SHIFT = 4  # OpenCV's fixed-point bits
_AZIMUTH_DEG, _ELEVATION_DEG = 38.0, 17.0
_RADIUS_MM = 840.0  # a standing adult; what is wider moves the view back
_TILE_MM, _TILES = 300.0, 5
_MOST_PEOPLE, _SPACING_MM = 4, 850.0
_NOBODY = np.array([[0.0, -1700.0, 0.0], [0.0, 0.0, 0.0]])  # where somebody would stand, head and feet
_GROUND = (44, 38, 34)  # BGR


def _mix(color: tuple[int, ...], strength: float) -> tuple[float, ...]:
    return tuple(part * strength + ground * (1.0 - strength) for part, ground in zip(color, _GROUND, strict=True))


def _floor() -> tuple[Points, list[tuple[float, ...]]]:
    tiles, colors = [], []
    for row, column in np.ndindex(2 * _TILES, 2 * _TILES):
        away = np.hypot(row - _TILES + 0.5, column - _TILES + 0.5) / _TILES
        if away < 1.0:
            tiles.append((row - _TILES, column - _TILES))
            colors.append(_mix((150, 142, 134), (1.0 - away) * (0.7 if (row + column) % 2 else 0.4)))
    return np.array(tiles, float), colors


_FLOOR_TILES, _TILE_COLORS = _floor()
_DIMMED = np.array([0.86 * part for part in _GROUND], np.uint8)


@dataclass(frozen=True)
class _View:
    """A pinhole camera that looks at `target` from `distance`; `focal` in pixels of a square picture of side `size`."""

    target: Points
    rotation: Points
    distance: float
    focal: float
    size: int

    def project(self, points: Points) -> tuple[Points, Points]:
        """(N, 3) mm → (N, 2) pixels, (N,) pixels per millimetre."""
        local = (points - self.target) @ self.rotation.T
        scale = self.focal / np.maximum(local[:, 2] + self.distance, 1.0)
        return local[:, :2] * scale[:, None] + self.size / 2.0, scale


def render_inset(poses: Sequence[Pose], background: Image, azimuth_deg: float = _AZIMUTH_DEG) -> Image:
    """Draw the 3D joints of `poses` over a darkened, square `background`.

    Several people stand in a row, in the picture's order. Only the four largest are shown. Without anybody the floor is empty.

    Args:
        poses: in one picture, with finite joints.
        background: (S, S, 3) uint8 BGR.
        azimuth_deg: how far to the side of the camera they are seen from.

    Returns:
        (S, S, 3) uint8 BGR.

    Raises:
        OptionError: the background is no such picture, or there is something else than poses.
    """
    _check_background(background)
    largest = sorted(poses_in(poses), key=_height, reverse=True)[:_MOST_PEOPLE]
    poses = sorted(largest, key=lambda pose: float(pose.keypoints[0, 0]))
    canvas = np.asarray(cv2.convertScaleAbs(cv2.blur(background, (5, 5)), alpha=0.14), np.uint8) + _DIMMED
    people = _stand_in_a_row(poses)
    view = _look_at(np.concatenate(people or [_NOBODY]), background.shape[0], azimuth_deg)
    _draw_floor(canvas, view)
    _draw_shadows(canvas, view, people)
    _draw_people(canvas, view, people, poses)
    cv2.rectangle(canvas, (0, 0), (view.size - 1, view.size - 1), (95, 88, 82), 1)
    return canvas


def _check_background(background: Any) -> None:
    found = type(background).__name__
    if isinstance(background, np.ndarray):
        if background.size and background.dtype == np.uint8 and background.shape == (len(background), len(background), 3):
            return
        found = f"{background.dtype} of shape {background.shape}"
    raise OptionError(f"the background of an inset is a square picture, (S, S, 3) uint8, not {found}")


def _height(pose: Pose) -> float:
    return float(pose.box[3])


def _stand_in_a_row(poses: Sequence[Pose]) -> list[Points]:
    """Joints of everybody in one frame, feet on the floor at y = 0 and pelvises `_SPACING_MM` apart."""
    row = [pose.joints3d.astype(np.float64) for pose in poses]
    return [joints + np.array([place * _SPACING_MM, -joints[:, 1].max(), 0.0]) for place, joints in enumerate(row)]


def _look_at(joints: Points, size: int, azimuth_deg: float) -> _View:
    azimuth, elevation = np.radians([azimuth_deg, _ELEVATION_DEG])
    around = np.array([[np.cos(azimuth), 0, np.sin(azimuth)], [0, 1, 0], [-np.sin(azimuth), 0, np.cos(azimuth)]])
    above = np.array([[1, 0, 0], [0, np.cos(elevation), -np.sin(elevation)], [0, np.sin(elevation), np.cos(elevation)]])
    target = (joints.min(0) + joints.max(0)) / 2.0
    reach = float(np.linalg.norm(joints - target, axis=1).max())
    radius = max(_RADIUS_MM, reach)
    distance = 4.0 * radius
    return _View(target, above @ around, distance, focal=0.5 * size * distance / (radius * 1.12), size=size)


def _draw_floor(canvas: Image, view: _View) -> None:
    """Tiles around the point below the target, fading outwards."""
    centre = np.round(view.target[[0, 2]] / _TILE_MM) * _TILE_MM
    corners = (_FLOOR_TILES[:, None] + np.array([[0, 0], [1, 0], [1, 1], [0, 1]])) * _TILE_MM + centre
    points, _ = view.project(np.insert(corners.reshape(-1, 2), 1, 0.0, axis=1))
    fixed = np.round(points * (1 << _SHIFT)).astype(np.int32).reshape(-1, 4, 2)
    for tile, color in zip(fixed, _TILE_COLORS, strict=True):
        cv2.fillConvexPoly(canvas, tile, color, cv2.LINE_AA, _SHIFT)


def _draw_shadows(canvas: Image, view: _View, people: Sequence[Points]) -> None:
    lit = np.full(canvas.shape[:2], 255, np.uint8)
    for joints in people:
        points, scale = view.project(joints * [1.0, 0.0, 1.0])
        for parent, child in bones_of(len(points)):
            _line(lit, points[parent], points[child], (125,), 70 * scale[child])
    cv2.multiply(canvas, cv2.merge([cv2.blur(lit, (5, 5))] * 3), canvas, 1 / 255)


def _draw_people(canvas: Image, view: _View, people: Sequence[Points], poses: Sequence[Pose]) -> None:
    """Bones and joints from the farthest to the nearest, fainter where the network is less sure."""
    strokes = []
    for joints, pose in zip(people, poses, strict=True):
        points, scale = view.project(joints)
        for parent, child in bones_of(len(points)):
            sure = float(min(pose.confidence[parent], pose.confidence[child]))
            depth = float(scale[parent] + scale[child]) / 2.0
            strokes.append((depth, 46.0 * width_of(child), points[parent], points[child], bone_color(child), sure))
        for joint, (point, depth, sure) in enumerate(zip(points, scale, pose.confidence, strict=True)):
            width = 74.0 * width_of(joint)
            strokes.append((float(depth) * 1.0001, width, point, point, JOINT_COLORS[joint], float(sure)))
    for depth, width_mm, start, end, color, sure in sorted(strokes, key=lambda stroke: stroke[0]):
        _line(canvas, start, end, (18, 15, 13), depth * width_mm + 2.0)
        _line(canvas, start, end, _mix(color, 0.25 + 0.75 * min(max(sure, 0.0), 1.0)), depth * width_mm)


def _line(canvas: Image, start: Points, end: Points, color: tuple[float, ...], thickness: float) -> None:
    from_xy, to_xy = np.round(np.clip([start, end], -30000, 30000) * (1 << _SHIFT)).astype(int).tolist()
    cv2.line(canvas, from_xy, to_xy, color, max(round(float(thickness)), 1), cv2.LINE_AA, _SHIFT)
