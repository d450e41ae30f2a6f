"""Crops of people. Ranges (int8) and the cost of a precision are measured on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sspnet_train.data.crop import BORDER

from sspnet_export.errors import ExportError

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
FEWEST, MOST = 8, 128

Picture = NDArray[np.uint8]
Crops = Path | Sequence[Picture]


def read_crops(source: Crops) -> list[Picture]:
    """At most 128 pictures with one person in each, evenly chosen.

    Args:
        source: a folder of pictures, or RGB arrays (H, W, 3) uint8.

    Returns:
        RGB arrays.
    """
    if not isinstance(source, Path):
        crops = [np.asarray(crop) for crop in source]
        if wrong := [crop for crop in crops if crop.dtype != np.uint8 or crop.ndim != 3 or crop.shape[2] != 3 or not crop.size]:
            raise ExportError(f"calibration crops must be (H, W, 3) uint8, got {wrong[0].shape} {wrong[0].dtype}")
        return [crops[index] for index in spread(len(crops), "the sequence given")]
    if not source.is_dir():
        raise ExportError(f"{source} is not a folder of calibration pictures")
    paths = sorted(path for path in source.iterdir() if _is_picture(path))
    return [read_picture(paths[index]) for index in spread(len(paths), str(source))]


def _is_picture(path: Path) -> bool:
    """By its name. Hidden files are the system's: macOS leaves ._1.jpg beside 1.jpg."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def spread(count: int, where: str) -> list[int]:
    if count < FEWEST:
        raise ExportError(f"calibration needs {FEWEST} pictures of people or more (better {MOST}), {where} has {count}")
    return [int(index) for index in np.linspace(0, count - 1, min(MOST, count))]


def read_picture(path: Path) -> Picture:
    try:
        picture = cv2.imdecode(np.frombuffer(path.read_bytes() or b"\0", np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        picture = None
    if picture is None:
        raise ExportError(f"{path} is not a picture that can be read")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


def calibration_part(crops: list[Picture]) -> list[Picture]:
    """Three of four crops. The others are kept to measure on."""
    return [crop for index, crop in enumerate(crops) if index % 4]


def held_out_part(crops: list[Picture]) -> list[Picture]:
    return crops[::4]


def as_batch(crops: Sequence[Picture], size: int) -> Picture:
    """Each crop fitted into a square, with grey beside it. -> (N, size, size, 3)."""
    batch = np.full((len(crops), size, size, 3), BORDER, np.uint8)
    for square, crop in zip(batch, crops, strict=True):
        scale = size / max(crop.shape[:2])
        height, width = (max(1, round(extent * scale)) for extent in crop.shape[:2])
        top, left = (size - height) // 2, (size - width) // 2
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        square[top : top + height, left : left + width] = cv2.resize(crop, (width, height), interpolation=interpolation)
    return batch
