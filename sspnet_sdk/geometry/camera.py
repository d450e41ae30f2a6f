"""A camera's intrinsics: what a box says of distance, and how pixels with a depth become millimetres in the camera's space."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import OptionError
from sspnet_sdk.geometry.crop import Box
from sspnet_sdk.images.image import Image

_NEAREST_MM = 10.0  # joints are kept in front of the camera by this much
_WIDEST = 0.1  # focal length over the picture's longer side: 157° of view
_STEEPEST = 10.0  # focal lengths: a person fills no more of the plane z = 1, nor stands further beside its middle
_LARGEST_PX = 1e6  # 4 m of focal length on pixels of 4 µm
_WHAT = "camera is a 3x3 matrix of intrinsics or (fx, fy, cx, cy), in pixels of the image"


@dataclass(frozen=True, eq=False)
class Intrinsics:
    """A pinhole camera, in pixels of the caller's image (corner coordinates).

    Attributes:
        focal: (2,) focal lengths.
        centre: (2,) principal point.
    """

    focal: NDArray[np.float64]
    centre: NDArray[np.float64]

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The camera's matrix (3, 3)."""
        return np.array([[self.focal[0], 0, self.centre[0]], [0, self.focal[1], self.centre[1]], [0, 0, 1]])

    def box_features(self, boxes: list[Box]) -> NDArray[np.float32]:
        """What the root's depth network takes of each box. -> (N, 6).

        These are the log of focal / longer side; its inverse; width and height by the longer side; and the box's centre on the
        plane z = 1. A picture made larger or smaller changes none of them. Side and centre end where people do, so that a box far
        outside the picture has a distance too.
        """
        x, y, w, h = np.stack(boxes).astype(np.float64).T
        focal, side = float(self.focal.mean()), np.maximum(w, h)
        middle = [(x + w / 2 - self.centre[0]) / self.focal[0], (y + h / 2 - self.centre[1]) / self.focal[1]]
        near, *beside = np.clip([side / focal, *middle], -_STEEPEST, _STEEPEST)
        return np.stack([np.log(focal / side), near, w / side, h / side, *beside], axis=1).astype(np.float32)

    def distance_to(self, pixels: NDArray[Any], joints3d: NDArray[Any], weights: NDArray[Any]) -> float | None:
        """How far away the root of a body is that looks like that, in mm: by least squares over its joints.

        Args:
            pixels: (J, 2).
            joints3d: (J, 3) mm from the root.
            weights: (J,) of the joints.

        Returns:
            None where the pixels are of no body in front of the camera.
        """
        seen, body = (pixels.astype(np.float64) - self.centre) / self.focal, joints3d.astype(np.float64)
        weight = np.maximum(weights, 0.0).astype(np.float64)[:, None] ** 2
        slope, offset = seen, body[:, :2] - seen * body[:, 2:]  # place = slope * distance - offset, the same for all joints
        slope, offset = (values - (weight * values).sum(axis=0) / max(weight.sum(), 1e-12) for values in (slope, offset))
        spread = float((weight * slope**2).sum())
        distance = float((weight * slope * offset).sum()) / spread if spread > 0.0 else math.inf
        return distance if np.isfinite(distance) and distance >= _NEAREST_MM else None

    def unproject(self, pixels: NDArray[Any], z_mm: NDArray[Any]) -> NDArray[np.float32]:
        """Places in the camera's space: x right, y down, z away, the camera at 0 (inverse projection of Section 4.2).

        What would lie behind the camera is put right before it.

        Args:
            pixels: (J, 2).
            z_mm: (J,) from the camera.

        Returns:
            (J, 3) mm.
        """
        z = np.maximum(z_mm.astype(np.float64), _NEAREST_MM)[:, None]
        return np.concatenate([(pixels - self.centre) / self.focal * z, z], axis=1).astype(np.float32)


def check_camera(camera: Any, image: Image | None = None) -> Intrinsics:
    """A caller's intrinsics, (3, 3) or (4,): fx, fy, cx, cy.

    Raises:
        OptionError: names what is wrong with them.
    """
    try:
        if isinstance(camera, (str, bytes)):
            raise ValueError
        values = np.asarray(camera, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise OptionError(f"{_WHAT}, not {_brief(camera)}") from None
    if values.shape == (3, 3):
        if np.any(values[2] != [0, 0, 1]) or values[1, 0] != 0 or values[0, 1] != 0:
            raise OptionError(f"{_WHAT}: [[fx, 0, cx], [0, fy, cy], [0, 0, 1]] (no skew), not {_brief(camera)}")
        values = values[[0, 1, 0, 1], [0, 1, 2, 2]]
    if values.shape != (4,):
        raise OptionError(f"{_WHAT}, not an array of shape {values.shape}")
    if not np.isfinite(values).all() or values[:2].min() <= 0:
        raise OptionError(f"the camera's focal lengths must be positive and all its numbers finite, not {_brief(camera)}")
    if np.abs(values).max() > _LARGEST_PX:
        raise OptionError(f"the camera's numbers are pixels of the image, at most {_LARGEST_PX:g}, not {_brief(camera)}")
    if image is not None:
        _check_view(values[:2], values[2:], np.array([image.width, image.height]))
    return Intrinsics(values[:2], values[2:])


def _check_view(focal: NDArray[np.float64], centre: NDArray[np.float64], size: NDArray[Any]) -> None:
    """That the camera may have taken a picture of `size` (2,), in pixels."""
    shape = f"{size[0]}x{size[1]}"
    if focal.min() < _WIDEST * size.max():
        raise OptionError(
            f"the camera's focal length of {focal.min():g} is too small for an image of {shape}: give it in pixels of the image"
        )
    if (np.maximum(-centre, centre - size) > focal / _WIDEST).any():
        raise OptionError(f"the camera's centre of {centre[0]:g}, {centre[1]:g} is too far outside an image of {shape}")


def _brief(value: Any) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 80 else text[:77] + "..."
