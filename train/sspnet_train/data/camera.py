"""A pinhole camera with Human3.6M's distortion: project, unproject, or recover it from points seen in both spaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

UNDISTORT_STEPS = 20
PINHOLE_PX, FEWEST_POINTS, MOST_POINTS = 0.05, 100, 10_000


@dataclass(frozen=True)
class Camera:
    """A camera. Its axes are x right, y down, z away, in millimetres.

    Attributes:
        focal: (2,) pixels.
        centre: (2,) pixels.
        radial: k1, k2, k3.
        tangential: p1, p2.
    """

    focal: tuple[float, float]
    centre: tuple[float, float]
    radial: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tangential: tuple[float, float] = (0.0, 0.0)

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) mm in the camera's frame -> (..., 2) pixels."""
        return self._distort(points[..., :2] / points[..., 2:]) * np.asarray(self.focal) + np.asarray(self.centre)

    def unproject(self, pixels: np.ndarray, z: np.ndarray) -> np.ndarray:
        """The inverse of `project`. (..., 2) pixels and (...) absolute depth in mm -> (..., 3) mm in the camera's frame."""
        distorted = (pixels - np.asarray(self.centre)) / np.asarray(self.focal)
        plane = distorted
        for _ in range(UNDISTORT_STEPS if any(self.radial) or any(self.tangential) else 0):
            plane = plane + distorted - self._distort(plane)
        return np.concatenate([plane * z[..., None], z[..., None]], axis=-1)

    def _distort(self, plane: np.ndarray) -> np.ndarray:
        r2 = np.square(plane).sum(axis=-1, keepdims=True)
        (k1, k2, k3), (p1, p2) = self.radial, self.tangential
        gain = 1 + r2 * (k1 + r2 * (k2 + r2 * k3)) + p1 * plane[..., 1:] + p2 * plane[..., :1]
        return plane * gain + np.array([p2, p1]) * r2

    def shifted(self, dx: float, dy: float) -> Camera:
        """The same camera for a picture cropped at (dx, dy)."""
        return Camera(self.focal, (self.centre[0] - dx, self.centre[1] - dy), self.radial, self.tangential)

    def mirrored(self, width: float) -> Camera:
        """The same camera for a picture of that width, mirrored left to right."""
        p1, p2 = self.tangential
        return Camera(self.focal, (width - self.centre[0], self.centre[1]), self.radial, (p1, -p2))


def fit_camera(points: np.ndarray, pixels: np.ndarray) -> tuple[Camera, float]:
    """The camera that saw points (N, 3) mm at pixels (N, 2).

    Data sets that give a pose in both spaces hold their camera: u = c + f·x is linear in f and c. With distortion it is also
    linear in the products of f with each coefficient. Distortion is looked for only where a pinhole leaves an error.

    Returns:
        The camera, and its largest error in pixels.
    """
    every = max(1, len(points) // MOST_POINTS)
    points, pixels = points[::every], pixels[::every]
    plane, pixels = (points[:, :2] / points[:, 2:]).astype(np.float64), pixels.astype(np.float64)
    terms = [_distortion_terms(plane, axis) for axis in range(2)]
    pinhole = [np.linalg.lstsq(terms[axis][:, :2], pixels[:, axis], rcond=None)[0] for axis in range(2)]
    camera = Camera((pinhole[0][1], pinhole[1][1]), (pinhole[0][0], pinhole[1][0]))
    error = float(np.abs(camera.project(points) - pixels).max())
    if error < PINHOLE_PX or len(points) < FEWEST_POINTS:
        return camera, error
    found = [np.linalg.lstsq(terms[axis], pixels[:, axis], rcond=None)[0] for axis in range(2)]
    k1, k2, k3, p1, p2 = np.mean([fit[2:] / fit[1] for fit in found], axis=0)
    bent = Camera((found[0][1], found[1][1]), (found[0][0], found[1][0]), (k1, k2, k3), (p1, p2))
    bent_error = float(np.abs(bent.project(points) - pixels).max())
    return (bent, bent_error) if bent_error < error else (camera, error)


def _distortion_terms(plane: np.ndarray, axis: int) -> np.ndarray:
    """What c, f, f·k1, f·k2, f·k3, f·p1, f·p2 multiply in a pixel's u or v. (N, 2) on the plane z = 1 -> (N, 7)."""
    x, y = plane[:, axis], plane[:, 1 - axis]
    r2 = np.square(plane).sum(axis=1)
    across, along = x * y, x * x + r2
    tangential = [across, along] if axis == 0 else [along, across]
    return np.stack([np.ones_like(x), x, x * r2, x * r2**2, x * r2**3, *tangential], axis=1)
