"""Find people in a whole image: peaks of the finder's centre map, the joints that belong to each, the box that joints imply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.crop import Box, Crop, whole_image
from sspnet_sdk.image import Image
from sspnet_sdk.pose import BODY_JOINTS

# A person's box around the 17 joints, as shares of the joints' longer extent: median of 9,000 photographs.
_MARGIN_SIDE, _MARGIN_END = 0.07, 0.10
_MARKED = np.array([1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16])  # joints with a heatmap of their own
_LIMBS = np.array([0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12])  # of these
_CELLS_FROM_GUESS = 1.8  # heat / (distance in cells + this): MoveNet's own weighting
_CENTRE_FLOOR, _SCORE_FLOOR = 0.05, 0.15
_SMALL_PERSON = 0.5  # of the picture that the finder saw: below this, look again from nearer
_NEARER = 2.0  # times the box's longer side
_CLEAR = 0.5  # score of a person of whom there is no doubt
_BELIEVED = 0.7  # mean confidence of a pose: that is a person
_SEEN, _FEWEST_SEEN = 0.2, 5  # confidence from which a joint counts for a pose's box, if so many do
_UNSEEN = 0.05  # of that box's longer side: what a pose that is looked at for the first time may not have seen
_CANDIDATES = 3  # of whom the most confident pose is chosen, where there is doubt
_FAR_FROM_GUESS = 0.3  # of the guessed person's extent: joints found further away are rather another person's
_SAME_PERSON_IOU, _SAME_JOINT, _SHARED_JOINTS = 0.5, 0.1, 0.4  # boxes overlap; or so many joints lie so near (of the extent)
_MOST_PEAKS = 30

Answer = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
RunFinder = Callable[[Crop], Answer]
"""Crop of the image → centre (h, w), joints (17, 2, h, w) in [0, 1] of the crop, heat (17, h, w)."""
LookAt = Callable[[Box], tuple[float, Box]]
"""Box → mean confidence of the pose in it, 0..1; the box around the joints that it sees (`box_of_seen_joints`)."""


@dataclass(frozen=True)
class Found:
    """A person: box (x, y, w, h) in pixels of the image; mean likelihood of the limb joints, 0..1; whether that is more than an
    empty picture gives; and the joints."""

    box: Box
    score: float
    sure: bool
    joints: NDArray[np.float32] | None = None

    @property
    def rank(self) -> float:
        """The certain come first, the larger one of two that are alike."""
        return self.score * float(max(self.box[2:])) ** 0.125


def find_people(
    image: Image, run_finder: RunFinder, looks: int, run_finer: RunFinder | None = None, look_at: LookAt | None = None
) -> list[Found]:
    """People, the most prominent first. The first `looks` of those that are small are looked at again from nearer: in the whole
    picture they have too few cells for a right box. Where nobody is found clearly, `look_at` tells from the pose whether that is
    a person; if not, `run_finer`, a finder of more cells, is asked for people who are smaller still, and poses choose."""
    whole = Crop.around(whole_image(image), 1.0)
    people = _prominent_first(_found_twice(_people_in(whole, run_finder(whole)), whole, run_finder, looks), whole)
    if any(person.score > _CLEAR for person in people):
        return people
    look_at = None if look_at is None else _each_box_once(look_at)
    if look_at is not None and people and (first := look_at(people[0].box))[0] >= _BELIEVED:
        return _settled(people, first, look_at)
    if run_finer is not None:
        finer = [person for person in _people_in(whole, run_finer(whole)) if person.sure]
        people = _prominent_first(_distinct([*people, *_found_twice(finer, whole, run_finder, looks)]), whole)
    return people if look_at is None or not people else _confident_first(people, whole, look_at)


def _confident_first(people: list[Found], whole: Crop, look_at: LookAt) -> list[Found]:
    """The first few in the order of prominence x confidence of their poses."""
    few = [(person, look_at(person.box)) for person in people[:_CANDIDATES]]
    few.sort(key=lambda pair: -pair[1][0] * _prominence(pair[0], whole))
    return _settled([*(person for person, _ in few), *people[_CANDIDATES:]], few[0][1], look_at)


def _settled(people: list[Found], seen: tuple[float, Box], look_at: LookAt) -> list[Found]:
    """The first with the box that their pose implies, if the pose in that is no less confident."""
    confidence, box = seen
    if look_at(box)[0] < confidence:
        return people
    first = replace(people[0], box=box)
    return [first, *(person for person in people[1:] if not _same(person, first))]


def _each_box_once(look_at: LookAt) -> LookAt:
    seen: dict[bytes, tuple[float, Box]] = {}

    def look_or_remember(box: Box) -> tuple[float, Box]:
        key = box.tobytes()
        if key not in seen:
            seen[key] = look_at(box)
        return seen[key]

    return look_or_remember


def _prominent_first(people: list[Found], whole: Crop) -> list[Found]:
    return sorted(people, key=lambda person: -_prominence(person, whole))


def _found_twice(people: list[Found], whole: Crop, run_finder: RunFinder, looks: int) -> list[Found]:
    """The large ones, and the `looks` most prominent of the small ones as seen from nearer."""
    people = _prominent_first(people, whole)
    small = [person for person in people if _is_small(person, whole)][:looks]
    large = [person for person in people if not _is_small(person, whole)]
    return _distinct([*large, *(_from_nearer(person, run_finder) for person in small)])


def _is_small(person: Found, whole: Crop) -> bool:
    return max(person.box[2:]) < _SMALL_PERSON * whole.side


def box_of_joints(keypoints: NDArray[np.float32]) -> Box:
    """The person's box (x, y, w, h) that (N, 2) joints imply: around them, and a margin for what no joint marks."""
    low, high = keypoints.min(axis=0), keypoints.max(axis=0)
    longer = max(float((high - low).max()), 1.0)
    margin = np.array([_MARGIN_SIDE, _MARGIN_END], np.float32) * np.float32(longer)
    return np.concatenate([low - margin, high - low + 2 * margin]).astype(np.float32)


def box_of_seen_joints(
    keypoints: NDArray[np.float32], confidence: NDArray[np.float32], width: int, height: int, first_look: bool = False
) -> Box:
    """The box around the body's joints, of (J, 2), that are seen, inside the picture: those outside are guesses. Sides may be 0.

    first_look: a little larger, for limbs that were not seen.
    """
    keypoints, seen = keypoints[:BODY_JOINTS], confidence[:BODY_JOINTS] >= _SEEN
    around = box_of_joints(keypoints[seen] if seen.sum() >= _FEWEST_SEEN else keypoints)
    bounds, spare = np.array([width, height], np.float32), _UNSEEN * around[2:].max() if first_look else 0.0
    low, high = np.clip(around[:2] - spare, 0, bounds), np.clip(around[:2] + around[2:] + spare, 0, bounds)
    return np.concatenate([low, high - low]).astype(np.float32)


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes (x, y, w, h)."""
    overlap = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(overlap, 0)))
    return shared / float(a[2] * a[3] + b[2] * b[3] - shared)


def _prominence(person: Found, whole: Crop) -> float:
    """Photographs are taken of whoever is in the middle: a person at the border counts less."""
    middle = person.box[:2] + person.box[2:] / 2
    away = np.hypot(*(middle - np.array([whole.x, whole.y], np.float32) - whole.side / 2)) / (whole.side / 2)
    return person.rank * float(np.exp(-0.35 * away**2))


def _people_in(crop: Crop, answer: Answer) -> list[Found]:
    centre, joints, heat = answer
    highest_near = cv2.dilate(centre, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((centre >= highest_near) & (centre >= _CENTRE_FLOOR))
    order = np.argsort(-centre[rows, columns], kind="stable")[:_MOST_PEAKS]
    people = []
    for row, column in zip(rows[order], columns[order], strict=True):
        keypoints, likelihood = _nearest_heat(joints[_MARKED, :, row, column], heat[_MARKED])
        score = float(likelihood[_LIMBS].mean())
        if score >= _SCORE_FLOOR:
            joints_found = crop.to_image(keypoints)
            people.append(Found(box_of_joints(joints_found), score, score >= _sure_score(centre.shape[1]), joints_found))
    return _distinct(people)


def _sure_score(cells: int) -> float:
    """0.22 on 32 cells, 0.28 on 64: 95 % of 40 pictures without people stay below, 95 % of 40 with people reach it."""
    return 0.16 + 0.12 * min(cells, 64) / 64


def _nearest_heat(guess: NDArray[np.float32], heat: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The cell of each joint whose heat is high and which is near the guess (J, 2): centre (J, 2) in [0, 1] and heat (J,),
    which counts less the further from the guess it is."""
    count, height, width = heat.shape
    across = (np.arange(width, dtype=np.float32) + 0.5) / width - guess[:, :1]
    down = (np.arange(height, dtype=np.float32) + 0.5) / height - guess[:, 1:]
    distance = np.sqrt((across * across)[:, None, :] + (down * down)[:, :, None]) * width
    best = (heat / (distance + _CELLS_FROM_GUESS)).reshape(count, -1).argmax(axis=1)
    rows, columns = np.divmod(best, width)
    cells = np.stack([(columns + 0.5) / width, (rows + 0.5) / height], axis=1).astype(np.float32)
    astray = np.linalg.norm(cells - guess, axis=1) / (_FAR_FROM_GUESS * max(float(np.ptp(guess, axis=0).max()), 1 / width))
    return cells, heat.reshape(count, -1)[np.arange(count), best] / (1 + astray * astray)


def _distinct(people: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for person in sorted(people, key=lambda p: -p.rank):
        if not any(_same(person, other) for other in kept):
            kept.append(person)
    return kept


def _same(a: Found, b: Found) -> bool:
    if iou(a.box, b.box) >= _SAME_PERSON_IOU:
        return True
    if a.joints is None or b.joints is None:
        return False
    near = np.linalg.norm(a.joints - b.joints, axis=1) < _SAME_JOINT * min(float(max(a.box[2:])), float(max(b.box[2:])))
    return float(near.mean()) >= _SHARED_JOINTS


def _from_nearer(person: Found, run_finder: RunFinder) -> Found:
    nearer = Crop.around(person.box, _NEARER)
    again = [(p.score * (0.3 + iou(p.box, person.box)), p) for p in _people_in(nearer, run_finder(nearer))]
    return max(again, key=lambda pair: pair[0], default=(0.0, person))[1]
