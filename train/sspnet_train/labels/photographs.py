"""A user's photographs: the pictures of a folder, and the people that a COCO file marks in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sspnet_train.data.coco import PIXEL_CENTRE
from sspnet_train.errors import LabelError

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


@dataclass(frozen=True)
class ToLabel:
    """One person to label.

    Attributes:
        box: (4,) x, y, w, h in pixels; None means the person that is found in the picture.
        hand: (12, 2) pixels: labels by hand of the limb joints in COCO's order (shoulders to ankles), NaN where there is none.
    """

    photograph: Path
    origin: str
    box: np.ndarray | None
    hand: np.ndarray


def people_in(folder: Path, annotations: Path | None = None) -> list[ToLabel]:
    """The people to label.

    Args:
        folder: of the photographs. Without annotations, there is one person per picture.
        annotations: a COCO file with `bbox`. Its `keypoints`, where there are any, are labels by hand.
    """
    if not folder.is_dir():
        raise LabelError(f"no folder of photographs at {folder}")
    if annotations is not None:
        return _marked(folder, annotations)
    photographs = sorted(path for path in folder.rglob("*") if _is_picture(path, folder))
    if not photographs:
        raise LabelError(f"{folder} has no pictures ({', '.join(PICTURES)})")
    return [ToLabel(path, str(path.relative_to(folder)), None, np.full((12, 2), np.nan)) for path in photographs]


def _is_picture(path: Path, folder: Path) -> bool:
    """By its name. What is hidden is the system's: macOS leaves ._1.jpg beside 1.jpg."""
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.suffix.lower() in PICTURES and not hidden and path.is_file()


def _marked(folder: Path, annotations: Path) -> list[ToLabel]:
    try:
        content = json.loads(annotations.read_bytes())
        names = {image["id"]: image["file_name"] for image in content["images"]}
        people = [
            ToLabel(
                folder / names[entry["image_id"]],
                names[entry["image_id"]],
                np.array(entry["bbox"], float).reshape(4),
                _hand(entry),
            )
            for entry in content["annotations"]
            if not entry.get("iscrowd", 0) and min(entry["bbox"][2:]) > 0
        ]
    except OSError as error:
        raise LabelError(f"cannot read {annotations}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise LabelError(f"{annotations} is not a COCO file (images, annotations with image_id and bbox): {error!r}") from None
    if not people:
        raise LabelError(f"{annotations} marks nobody")
    missing = next((person for person in people if not person.photograph.is_file()), None)
    if missing:
        raise LabelError(f"{annotations} names {missing.origin}, which is not in {folder}")
    return people


def _hand(entry: dict[str, Any]) -> np.ndarray:
    keypoints: Sequence[float] = entry.get("keypoints") or [0] * 51
    labelled = np.array(keypoints, float).reshape(17, 3)[5:]
    return np.where(labelled[:, 2:] > 0, labelled[:, :2] + PIXEL_CENTRE, np.nan)
