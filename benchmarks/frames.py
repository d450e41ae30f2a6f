"""A 1080p video without a video file: a photograph of a whole person, seen by a camera that pans and zooms."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

PHOTO = Path(__file__).parents[1] / "examples" / "photos" / "000000234748.jpg"
BOX = (273.0, 130.0, 110.0, 254.0)  # the man's x, y, w, h in it
WIDTH, HEIGHT, FPS = 1920, 1080, 30
_ZOOM = 2.5  # the photograph has 640x424 pixels


def view(index: int) -> NDArray[np.float64]:
    """(2, 3) from the photograph's pixels to those of frame `index`."""
    time_s = index / FPS
    scale = _ZOOM * (1 + 0.1 * np.sin(np.pi * time_s))
    x, y = 120 * np.sin(2 * np.pi * time_s / 3), 40 * np.sin(2 * np.pi * time_s / 1.5)
    return np.array([[scale, 0, WIDTH / 2 - scale * 328 + x], [0, scale, HEIGHT / 2 - scale * 257 + y]])


def frames(count: int) -> list[NDArray[np.uint8]]:
    """(1080, 1920, 3) BGR each."""
    photo = cv2.imread(str(PHOTO))
    return [cv2.warpAffine(photo, view(i), (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT) for i in range(count)]  # type: ignore[misc]


def box_in(index: int) -> tuple[float, float, float, float]:
    """The man's box in frame `index`."""
    matrix = view(index)
    x, y = matrix[:, :2] @ BOX[:2] + matrix[:, 2]
    return float(x), float(y), float(matrix[0, 0] * BOX[2]), float(matrix[1, 1] * BOX[3])


def there_and_back(index: int, count: int) -> int:
    """Which of `count` frames comes at `index` when they are shown forwards and backwards in turn, without a jump."""
    step = index % (2 * count - 2) if count > 1 else 0
    return step if step < count else 2 * count - 2 - step
