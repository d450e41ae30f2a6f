"""A photograph seen by a camera that pans and zooms: a video whose true motion is known."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
PHOTO = PHOTOS / "000000234748.jpg"
BOX = (273.0, 130.0, 110.0, 254.0)
FPS = 30


def view(time_s: float) -> np.ndarray:
    """(2, 3) from the photograph to the frame."""
    scale = 1 + 0.3 * np.sin(np.pi * time_s)
    x, y = 60 * np.sin(2 * np.pi * time_s / 3), 20 * np.sin(2 * np.pi * time_s / 1.5)
    return np.array([[scale, 0, 320 * (1 - scale) + x], [0, scale, 250 * (1 - scale) + y]])


def frames(count: int, photo: Path = PHOTO) -> list[np.ndarray]:
    """`count` frames of 640x424 at 30 per second."""
    image = cv2.imread(str(photo))
    return [cv2.warpAffine(image, view(i / FPS), (640, 424), borderMode=cv2.BORDER_REFLECT) for i in range(count)]


def write_video(path: Path, images: list[np.ndarray], codec: str = "mp4v") -> Path:
    """A video file of the frames."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), FPS, images[0].shape[1::-1])
    assert writer.isOpened()
    for image in images:
        writer.write(image)
    writer.release()
    return path
