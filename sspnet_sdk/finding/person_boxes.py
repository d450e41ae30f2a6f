"""People in a whole picture, from a map of their centres and a box for each cell. Poses settle doubts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.bundles.thresholds import CentresAndBoxes
from sspnet_sdk.finding.centre_map import likeliest_cells
from sspnet_sdk.finding.peaks import Found
from sspnet_sdk.finding.person_box import iou
from sspnet_sdk.geometry.crop import Box, Crop
from sspnet_sdk.images.image import Image

_LEAST_SIDE = 1.0  # pixels of the image
_MOST_LOOKS = 6  # at the doubtful of a crowd
ConfidenceIn = Callable[[Box], float]
"""Box → mean confidence of the pose in it, 0..1."""


@dataclass(frozen=True)
class BoxMaps:
    """A finder's answer on a view of `width` pixels that shows `crop`.

    Attributes:
        centre: (h, w) in [0, 1], how surely a person's centre lies in the cell.
        box: (4, h, w) in cells: that person's middle from the cell's first corner, x and y; width and height.
    """

    crop: Crop
    width: int
    centre: NDArray[np.float32]
    box: NDArray[np.float32]


def people_of(maps: BoxMaps, image: Image, numbers: CentresAndBoxes) -> list[Found]:
    """Distinct people, the most prominent (likely, large, in the middle) first. `sure` is what the likelihood alone tells."""
    rows, columns = likeliest_cells(maps.centre, numbers.centre_floor, numbers.most_peaks)
    x, y, width, height = maps.box[:, rows, columns]
    middle, half = np.stack([columns + x, rows + y], axis=1), np.stack([width, height], axis=1) / 2
    pixels = np.float32(numbers.cell * maps.crop.side / maps.width)
    corner, bounds = np.array([maps.crop.x, maps.crop.y], np.float32), np.array([image.width, image.height], np.float32)
    low, high = (np.clip(corner + pixels * edge, 0, bounds) for edge in (middle - half, middle + half))
    boxes = np.concatenate([low, high - low], axis=1).astype(np.float32)
    people: list[Found] = []
    for box, score in zip(boxes, maps.centre[rows, columns].tolist(), strict=True):
        if box[2:].min() >= _LEAST_SIDE and all(iou(box, other.box) < numbers.same_iou for other in people):
            people.append(Found(box, score, score >= numbers.sure_score))
    return sorted(people, key=lambda person: -_prominence(person, image, numbers))


def judged(
    people: list[Found], numbers: CentresAndBoxes, confidence_in: ConfidenceIn, looks: int, everybody: bool
) -> list[Found]:
    """The same people, those who are sure first. Poses settle the doubts.

    Args:
        people: of `people_of`.
        numbers: of the bundle.
        confidence_in: looks at the pose in a box.
        looks: poses that may be looked at, six at most: of the first people who are neither clear nor hopeless.
        everybody: look at all of these; else only until somebody is sure.
    """
    sure: list[Found] = []
    rest: list[Found] = []
    looks = min(looks, _MOST_LOOKS)
    for person in people:
        if person.score > numbers.clear:
            person = replace(person, sure=True)
        elif looks > 0 and person.score >= numbers.worth_a_look and (everybody or not sure):
            looks -= 1
            person = replace(person, sure=person.score * confidence_in(person.box) >= numbers.sure_with_pose)
        (sure if person.sure else rest).append(person)
    return sure + rest


def _prominence(person: Found, image: Image, numbers: CentresAndBoxes) -> float:
    """The certain come first; of two that are alike, the larger one. At the picture's border a person counts less."""
    middle, half = person.box[:2] + person.box[2:] / 2, np.array([image.width, image.height], np.float32) / 2
    away = float(np.hypot(*(middle - half))) / float(half.max())
    return person.score * person.longer_side**numbers.larger_first * float(np.exp(-numbers.middle_first * away**2))
