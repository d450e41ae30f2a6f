"""The square around a person that the network sees: its geometry, its constants, and how pixels are resampled into it."""

from __future__ import annotations

import cv2
import numpy as np

from sspnet_train.data.sample import Sample

BOX_SCALE = 1.25
BORDER = 128
DEPTH_RANGE_MM = 2000.0
PHASES = 64


def plain_crop(sample: Sample, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The crop that the runtime would take.

    Args:
        sample: the person, with the true box.
        size: side of the crop, pixels.

    Returns:
        Crop (size, size, 3) uint8, and the affine (2, 3) from the sample's pixels to the crop's.
    """
    x, y, w, h = sample.box
    view = view_matrix(np.array([x + w / 2, y + h / 2]), BOX_SCALE * max(w, h), size)
    return warp(sample.image, view, size), view


def view_matrix(centre: np.ndarray, side: float, size: int, angle_deg: float = 0.0, mirror: bool = False) -> np.ndarray:
    """Affine (2, 3) that brings a square of the picture to size x size, pixel corners at integers.

    Args:
        centre: (2,) of the square, pixels.
        side: of the square, pixels.
        size: side of the result, pixels.
        angle_deg: turn of the picture about the centre.
        mirror: left to right, after the turn.
    """
    angle, scale = np.deg2rad(angle_deg), size / side
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirror:
        linear[0] = -linear[0]
    return np.hstack([linear, (size / 2 - linear @ centre)[:, None]])


def warp(image: np.ndarray, view: np.ndarray, size: int, border: int = cv2.BORDER_CONSTANT) -> np.ndarray:
    """Resample a picture. OpenCV puts pixel centres at integers, we put corners there.

    Args:
        image: (H, W, 3) uint8.
        view: affine (2, 3) from its pixels to those of the result.
        size: side of the result, pixels.
        border: OpenCV's way to fill what lies outside; by default with grey (`BORDER`).
    """
    scale = float(np.sqrt(abs(np.linalg.det(view[:, :2]))))
    if scale < 0.5:
        factor = max(2 * scale, 1 / min(image.shape[:2]))  # something must be left of the picture
        part, corner = _part_seen(image, view, size, factor)
        image = cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        view = np.hstack([view[:, :2] / factor, (view[:, 2] + view[:, :2] @ corner)[:, None]])
    shifted = view.copy()
    shifted[:, 2] += 0.5 * view[:, 0] + 0.5 * view[:, 1] - 0.5
    return cv2.warpAffine(image, shifted, (size, size), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=(BORDER,) * 3)


def _part_seen(image: np.ndarray, view: np.ndarray, size: int, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """The part of a picture that a view shows, to be shrunk by `factor`, and its corner (x, y).

    At that corner, pixels of the shrunk part fall on pixels of the shrunk picture, as nearly as can be.
    """
    corners = np.array([[0, 0], [size, 0], [0, size], [size, size]]) - view[:, 2]
    seen, margin = corners @ np.linalg.inv(view[:, :2]).T, int(np.ceil(3 / factor))
    starts, ends = [], []
    for axis, extent in enumerate((image.shape[1], image.shape[0])):
        low, high = int(seen[:, axis].min()) - margin, int(seen[:, axis].max()) + margin
        low = int(np.clip(low, 0, max(0, extent - margin)))
        candidates = np.arange(max(0, low - PHASES), low + 1)
        starts.append(int(candidates[np.argmin(np.abs(candidates * factor - np.round(candidates * factor)))]))
        ends.append(int(np.clip(high, low + margin, extent)))
    return image[starts[1] : ends[1], starts[0] : ends[0]], np.array(starts, np.float64)
