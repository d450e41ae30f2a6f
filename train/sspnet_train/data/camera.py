"""A pinhole camera with Human3.6M's distortion: project, unproject, or recover it from points seen in both spaces."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

UNDISTORT_STEPS = 20


@dataclass(frozen=True)
class Camera:
    """focal and centre: (2,) pixels; radial: k1, k2, k3; tangential: p1, p2. Its axes: x right, y down, z away; millimetres."""

    focal: tuple[float, float]
    centre: tuple[float, float]
    radial: tuple[float, float, float] = (0.0, 0.0, 0.0)
    tangential: tuple[float, float] = (0.0, 0.0)

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) mm in the camera's frame -> (..., 2) pixels."""
        return self._distort(points[..., :2] / points[..., 2:]) * np.asarray(self.focal) + np.asarray(self.centre)

    def unproject(self, pixels: np.ndarray, z: np.ndarray) -> np.ndarray:
        """(..., 2) pixels and (...) absolute depth in mm -> (..., 3) mm in the camera's frame; the inverse of `project`."""
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
    """Focal length and centre from (N, 3) mm and the (N, 2) pixels where they were seen. -> camera, largest error in pixels.

    Data sets that give a pose in both spaces hold their camera: u·Z = f·X + c·Z, least squares.
    """
    focal, centre = [], []
    for axis in range(2):
        unknowns = np.stack([points[:, axis], points[:, 2]], axis=1).astype(np.float64)
        f, c = np.linalg.lstsq(unknowns, pixels[:, axis].astype(np.float64) * points[:, 2], rcond=None)[0]
        focal.append(float(f))
        centre.append(float(c))
    camera = Camera((focal[0], focal[1]), (centre[0], centre[1]))
    return camera, float(np.abs(camera.project(points.astype(np.float64)) - pixels).max())
