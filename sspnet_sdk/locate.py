"""Find people in a whole image: peaks of the finder's centre map, and the box that joints imply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.crop import Box, Crop, whole_image
from sspnet_sdk.image import Image

# A person's box around the 17 joints, as shares of the joints' longer extent: median of 9,000 photographs.
_MARGIN_SIDE, _MARGIN_END = 0.07, 0.10
_SCORE_FLOOR = 0.10  # fainter peaks are noise
_SMALL_PERSON = 0.3  # of the picture that the finder saw: below this, look again from nearer
_NEARER = 2.5  # times the box's longer side
_SAME_PERSON_IOU = 0.5
_MOST_PEOPLE = 20

RunFinder = Callable[[Crop], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Crop of the image → centre (h, w) and joints (17, 2, h, w) in [0, 1] of the crop."""


@dataclass(frozen=True)
class Found:
    """A person: box (x, y, w, h) in pixels of the image, and how likely there is one, 0..1."""

    box: Box
    score: float


def find_people(image: Image, run_finder: RunFinder, most: int = _MOST_PEOPLE) -> list[Found]:
    """People in the image, best first; small ones are looked at again from nearer."""
    whole = Crop.around(whole_image(image), 1.0)
    people = _peaks(whole, *run_finder(whole))[:most]
    return _distinct([_from_nearer(person, whole, run_finder) for person in people])


def box_of_joints(keypoints: NDArray[np.float32]) -> Box:
    """The person's box (x, y, w, h) that (17, 2) joints imply: around them, and a margin for what no joint marks."""
    low, high = keypoints.min(axis=0), keypoints.max(axis=0)
    longer = max(float((high - low).max()), 1.0)
    margin = np.array([_MARGIN_SIDE, _MARGIN_END], np.float32) * np.float32(longer)
    return np.concatenate([low - margin, high - low + 2 * margin]).astype(np.float32)


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes (x, y, w, h)."""
    overlap = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(overlap, 0)))
    return shared / float(a[2] * a[3] + b[2] * b[3] - shared)


def _peaks(crop: Crop, centre: NDArray[np.float32], joints: NDArray[np.float32]) -> list[Found]:
    highest_near = cv2.dilate(centre, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((centre >= highest_near) & (centre >= _SCORE_FLOOR))
    order = np.argsort(-centre[rows, columns], kind="stable")
    people = []
    for row, column in zip(rows[order], columns[order], strict=True):
        box = box_of_joints(crop.to_image(joints[:, :, row, column]))
        people.append(Found(box, float(centre[row, column])))
    return _distinct(people)


def _distinct(people: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for person in sorted(people, key=lambda p: -p.score):
        if all(iou(person.box, other.box) < _SAME_PERSON_IOU for other in kept):
            kept.append(person)
    return kept


def _from_nearer(person: Found, seen: Crop, run_finder: RunFinder) -> Found:
    if max(person.box[2:]) >= _SMALL_PERSON * seen.side:
        return person
    nearer = Crop.around(person.box, _NEARER)
    again = _peaks(nearer, *run_finder(nearer))
    middle = person.box[:2] + person.box[2:] / 2
    near = [p for p in again if np.abs(p.box[:2] + p.box[2:] / 2 - middle).max() < max(person.box[2:]) / 2]
    return max(near, key=lambda p: p.score, default=person)
