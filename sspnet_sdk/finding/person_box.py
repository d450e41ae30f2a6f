"""The box around a person's joints, and how two boxes overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.bundles.thresholds import PoseThresholds
from sspnet_sdk.geometry.crop import Box
from sspnet_sdk.pose import BODY_JOINTS


def box_of_joints(keypoints: NDArray[np.float32], numbers: PoseThresholds) -> Box:
    """The person's box (x, y, w, h) that joints (N, 2) imply: around them, with a margin for what no joint marks."""
    low, high = keypoints.min(axis=0), keypoints.max(axis=0)
    longer = max(float((high - low).max()), 1.0)
    margin = np.array([numbers.margin_side, numbers.margin_end], np.float32) * np.float32(longer)
    return np.concatenate([low - margin, high - low + 2 * margin]).astype(np.float32)


def box_of_seen_joints(
    keypoints: NDArray[np.float32],
    confidence: NDArray[np.float32],
    width: int,
    height: int,
    numbers: PoseThresholds,
    first_look: bool = False,
) -> Box:
    """The box around the body's joints that are seen and lie inside the picture. Those outside are guesses. Sides may be 0.

    Args:
        keypoints: (J, 2) pixels.
        confidence: (J,).
        width: of the picture.
        height: of the picture.
        numbers: of the bundle.
        first_look: make it a little larger, for limbs that were not seen.
    """
    keypoints, seen = keypoints[:BODY_JOINTS], confidence[:BODY_JOINTS] >= np.float32(numbers.seen)
    around = box_of_joints(keypoints[seen] if seen.sum() >= numbers.fewest_seen else keypoints, numbers)
    bounds = np.array([width, height], np.float32)
    spare = numbers.margin_unseen * around[2:].max() if first_look else 0.0
    low, high = np.clip(around[:2] - spare, 0, bounds), np.clip(around[:2] + around[2:] + spare, 0, bounds)
    return np.concatenate([low, high - low]).astype(np.float32)


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes (x, y, w, h)."""
    overlap = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(overlap, 0)))
    return shared / float(a[2] * a[3] + b[2] * b[3] - shared)
