"""Boxes of people where a data set gives joints only."""

from __future__ import annotations

import numpy as np

MARGIN = 0.1


def box_around(keypoints: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Box (4,) x, y, w, h of the labelled joints (J, 2), widened on each side by 10 % of its longer side: flesh around bones."""
    points = keypoints if weight is None else keypoints[weight > 0]
    low, high = points.min(axis=0), points.max(axis=0)
    margin = MARGIN * float((high - low).max())
    return np.concatenate([low - margin, high - low + 2 * margin]).astype(np.float32)
