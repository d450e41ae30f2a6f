"""What a finder trains on: views of whole pictures, and views of places without people, into which some pieces are put."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sspnet_train.data.whole_pictures import WholePicture, WholePictures, panorama_view

BORDER = 128
LEAST_SEEN = 0.5  # of a person's box inside the view: with less nobody says whether that is a person
LEAST_SIDE = 10.0  # pixels of the view, likewise
PUT_IN = 0.35  # of the empty views get a piece of a picture with people


@dataclass
class FinderExample:
    """One picture to learn from.

    Attributes:
        image: (height, width, 3) uint8 RGB.
        boxes: (N, 4) x, y, w, h in its pixels.
        doubtful: boxes that are neither right nor wrong to find.
    """

    image: np.ndarray
    boxes: np.ndarray
    doubtful: np.ndarray


def view_of(picture: WholePicture, width: int, height: int, rng: np.random.Generator) -> FinderExample:
    """The picture fitted into the view, then enlarged, moved and mirrored at random."""
    rows, columns = picture.image.shape[:2]
    scale = min(width / columns, height / rows) * np.exp(rng.uniform(-0.45, 0.6))
    left, top = ((side - extent * scale) * rng.uniform(0.2, 0.8) for side, extent in ((width, columns), (height, rows)))
    affine = np.array([[scale, 0, left + scale / 2 - 0.5], [0, scale, top + scale / 2 - 0.5]])
    shrunk = cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR
    image = cv2.warpAffine(picture.image, affine, (width, height), flags=shrunk, borderValue=(BORDER,) * 3)
    boxes = picture.boxes * scale + np.array([left, top, 0, 0])
    if rng.random() < 0.5:
        image = image[:, ::-1]
        boxes[:, 0] = width - boxes[:, 0] - boxes[:, 2]
    return seen_in(np.ascontiguousarray(image), boxes)


def empty_view(
    panorama: np.ndarray, width: int, height: int, rng: np.random.Generator, people: WholePictures | None = None
) -> FinderExample:
    """A place, seen in a random direction. Sometimes a piece of a picture with its people hangs in it."""
    yaw, pitch, field = rng.uniform(0, 360), rng.normal(0, 12), rng.uniform(45, 100)
    image = panorama_view(panorama, yaw, pitch, field, width, height)
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
    if people is None or rng.random() > PUT_IN:
        return FinderExample(image, np.zeros((0, 4)), np.zeros((0, 4)))
    share = rng.uniform(0.35, 0.8)
    inner = (max(32, int(width * share)), max(32, int(height * share)))
    piece = view_of(people[int(rng.integers(len(people)))], *inner, rng)
    x, y = int(rng.integers(width - inner[0] + 1)), int(rng.integers(height - inner[1] + 1))
    image[y : y + inner[1], x : x + inner[0]] = piece.image
    offset = np.array([x, y, 0, 0])
    return FinderExample(image, piece.boxes + offset, piece.doubtful + offset)


def in_other_light(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gain, contrast, tint, blur or noise at random."""
    gain = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.04, 3))
    seen = 127.5 + (image.astype(np.float32) * gain - 127.5) * np.exp(rng.normal(0, 0.12))
    if rng.random() < 0.3:
        seen = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.3, 1.2))
    if rng.random() < 0.3:
        seen += rng.normal(0, rng.uniform(1, 8), seen.shape)
    return np.clip(seen, 0, 255).astype(np.uint8)


def seen_in(image: np.ndarray, boxes: np.ndarray) -> FinderExample:
    """The image with the parts of the boxes (N, 4) that lie in it. Doubtful are those of which more is outside, and tiny ones."""
    bounds = np.array([image.shape[1], image.shape[0]], float)
    low, high = np.clip(boxes[:, :2], 0, bounds), np.clip(boxes[:, :2] + boxes[:, 2:], 0, bounds)
    inside = np.concatenate([low, high - low], axis=1)
    share = inside[:, 2:].prod(axis=1) / np.maximum(boxes[:, 2:].prod(axis=1), 1e-6)
    clear = (share >= LEAST_SEEN) & (inside[:, 2:].max(axis=1, initial=0) >= LEAST_SIDE)
    return FinderExample(image, inside[clear], inside[~clear & (share > 0)])
