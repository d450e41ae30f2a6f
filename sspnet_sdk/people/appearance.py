"""What somebody wears, to tell people apart: colour histograms of trunk and thighs, read at a few hundred pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.images.image import Image
from sspnet_sdk.pose import Pose

Look = NDArray[np.float32]

_SHOULDERS, _HIPS, _KNEES = (14, 11), (1, 4), (2, 5)
_ACROSS, _DOWN = np.linspace(0.15, 0.85, 8), np.linspace(0.1, 0.9, 14)
_ALONG, _SIDEWAYS = np.linspace(0.1, 0.85, 10), np.array([-0.1, -0.03, 0.03, 0.1])
_SEEN = 0.3  # mean confidence of the joints that bound a part
_LIGHT_BINS, _COLOUR_BINS = 4, 6
_COLOUR_SPAN = 160.0  # of blue - yellow and red - green: beyond, colours are alike


def look_of(image: Image, pose: Pose) -> Look | None:
    """Shares of each colour in trunk and thighs. -> (2, 144), each of sum 1.

    A part that is not seen has 0 everywhere. None means that neither is seen.
    """
    trunk = _grid(pose, _SHOULDERS, _HIPS)
    thighs = [_strip(pose, hip, knee) for hip, knee in zip(_HIPS, _KNEES, strict=True)]
    seen_thighs = [points for points in thighs if points is not None]
    parts = [trunk, np.concatenate(seen_thighs) if seen_thighs else None]
    rows = [_histogram(image, points) for points in parts]
    return np.stack(rows) if any(row.any() for row in rows) else None


def unlike(a: Look | None, b: Look | None) -> float | None:
    """Hellinger distance of two looks over the parts that both have: 0 is the same, 1 means no colour in common.

    None means that they have no part in common.
    """
    if a is None or b is None:
        return None
    both = a.any(axis=1) & b.any(axis=1)
    if not both.any():
        return None
    shared = np.sqrt(a[both] * b[both]).sum(axis=1)
    return float(np.sqrt(np.maximum(1.0 - shared, 0.0)).mean())


def blended(old: Look | None, new: Look | None, gain: float) -> Look | None:
    """The old look with a share `gain` of the new one in it. If one of them lacks a part, it is the other's."""
    if old is None or new is None:
        return new if old is None else old
    has_old, has_new = old.any(axis=1, keepdims=True), new.any(axis=1, keepdims=True)
    mixed = old + np.float32(gain) * (new - old)
    return np.where(has_old & has_new, mixed, np.where(has_new, new, old))


def _grid(pose: Pose, above: tuple[int, int], below: tuple[int, int]) -> NDArray[np.float32] | None:
    if pose.confidence[[*above, *below]].mean() < _SEEN:
        return None
    (a, b), (c, d) = pose.keypoints[list(above)], pose.keypoints[list(below)]
    across, down = (grid.ravel()[:, None] for grid in np.meshgrid(_ACROSS, _DOWN))
    return ((1 - down) * ((1 - across) * a + across * b) + down * ((1 - across) * c + across * d)).astype(np.float32)


def _strip(pose: Pose, begin: int, end: int) -> NDArray[np.float32] | None:
    if pose.confidence[[begin, end]].mean() < _SEEN:
        return None
    a, b = pose.keypoints[begin], pose.keypoints[end]
    aside = np.array([-(b - a)[1], (b - a)[0]])
    along, sideways = (grid.ravel()[:, None] for grid in np.meshgrid(_ALONG, _SIDEWAYS))
    return (a + along * (b - a) + sideways * aside).astype(np.float32)


def _histogram(image: Image, points: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Shares of lightness x two colour differences. Each pixel is spread over the neighbouring bins."""
    shape = (_LIGHT_BINS, _COLOUR_BINS, _COLOUR_BINS)
    nothing = np.zeros(int(np.prod(shape)), np.float32)
    if points is None:
        return nothing
    columns, rows = np.floor(points).astype(int).T
    inside = (columns >= 0) & (rows >= 0) & (columns < image.width) & (rows < image.height)
    if not inside.any():
        return nothing
    pixels = image.pixels[rows[inside], columns[inside]].astype(np.float64)
    first, middle, last = (pixels[:, i] for i in range(3)) if pixels.ndim == 2 and pixels.shape[1] >= 3 else (pixels.ravel(),) * 3
    light = (first + 2 * middle + last) / 4 / 255 * (_LIGHT_BINS - 1)
    colours = first - last, first + last - 2 * middle
    axes = [light, *(np.clip(c / (2 * _COLOUR_SPAN) + 0.5, 0, 1) * (_COLOUR_BINS - 1) for c in colours)]
    low = [np.floor(axis).astype(int) for axis in axes]
    flat, weights = [], []
    for corner in np.ndindex(2, 2, 2):
        pairs = list(zip(axes, low, corner, strict=True))
        weights.append(np.prod([axis - below if step else 1 - axis + below for axis, below, step in pairs], axis=0))
        at = [np.minimum(below + step, bound - 1) for (_, below, step), bound in zip(pairs, shape, strict=True)]
        flat.append(np.ravel_multi_index(tuple(at), shape))
    shares = np.bincount(np.concatenate(flat), np.concatenate(weights), int(np.prod(shape)))
    return (shares / shares.sum()).astype(np.float32)
