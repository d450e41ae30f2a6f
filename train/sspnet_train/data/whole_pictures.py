"""Whole pictures with every labelled person's box, and pictures with nobody.

A finder learns from them and is measured on them.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from sspnet_train.data.label_file import read_labels
from sspnet_train.data.pictures import read_picture
from sspnet_train.data.tar_images import TarImages
from sspnet_train.errors import DataError

HELD_OUT = 5  # one in so many


@dataclass
class WholePicture:
    """One picture.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        boxes: (N, 4) x, y, w, h in pixels; nobody is there if N is 0.
    """

    name: str
    image: np.ndarray
    boxes: np.ndarray


class WholePictures:
    """The pictures of pictures.tar and pictures.npz (`picture`, `box`: one row a person).

    Pictures whose name has a CRC-32 that is a multiple of 5 are held out.
    """

    def __init__(self, folder: Path, split: Literal["train", "val", "all"]):
        if not (folder / "pictures.npz").is_file():
            raise DataError(f"{folder} holds no pictures.npz with people's boxes")
        labels = read_labels(folder / "pictures.npz", {"picture": (), "box": (4,)})
        self._pictures, self._boxes = labels["picture"], labels["box"]
        self.names = [name for name in sorted(set(self._pictures.tolist())) if split in ("all", split_of(name))]
        self._images = TarImages([folder / "pictures.tar"])

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, index: int) -> WholePicture:
        name = self.names[index]
        return WholePicture(name, self._images.read(name), self._boxes[self._pictures == name])


def split_of(name: str) -> Literal["train", "val"]:
    return "val" if zlib.crc32(name.encode()) % HELD_OUT == 0 else "train"


def panoramas(folder: Path, split: Literal["train", "val", "all"]) -> dict[str, np.ndarray]:
    """Equirectangular pictures without people, by name."""
    files = [path for path in sorted(folder.glob("*.webp")) if split in ("all", split_of(path.stem))]
    if not files:
        raise DataError(f"{folder} holds no .webp panoramas")
    return {path.stem: read_picture(path) for path in files}


def panorama_view(panorama: np.ndarray, yaw: float, pitch: float, field: float, width: int, height: int) -> np.ndarray:
    """What a camera sees in a panorama. Angles are degrees.

    Args:
        panorama: equirectangular.
        yaw: turn of the camera.
        pitch: how far it looks up.
        field: angle across the view.
        width: of the view, pixels.
        height: of the view, pixels.

    Returns:
        (height, width, 3).
    """
    rows, columns = panorama.shape[:2]
    focal = width / 2 / np.tan(np.radians(field / 2))
    x, y = np.meshgrid((np.arange(width) + 0.5 - width / 2) / focal, (np.arange(height) + 0.5 - height / 2) / focal)
    cos, sin = np.cos(np.radians(pitch)), np.sin(np.radians(pitch))
    up, forward = -y * cos + sin, cos + y * sin
    across = (np.arctan2(x, forward) + np.radians(yaw)) / (2 * np.pi) + 0.5
    down = 0.5 - np.arctan2(up, np.hypot(x, forward)) / np.pi
    at = (across % 1 * columns - 0.5).astype(np.float32), (down * rows - 0.5).astype(np.float32)
    return cv2.remap(panorama, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


def four_views(panorama: np.ndarray, side: int = 640) -> Iterator[np.ndarray]:
    """All round, 90 degrees each."""
    for yaw in (0, 90, 180, 270):
        yield panorama_view(panorama, yaw, 0, 90, side, side)
