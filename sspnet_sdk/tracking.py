"""Follow people from frame to frame: the pose in this frame says where to look in the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sspnet_sdk.crop import Box, check_box
from sspnet_sdk.frame import Person
from sspnet_sdk.image import open_image
from sspnet_sdk.options import check_people
from sspnet_sdk.person_box import box_of_seen_joints, iou
from sspnet_sdk.pose import Pose
from sspnet_sdk.same_person import same_person
from sspnet_sdk.thresholds import PoseThresholds

if TYPE_CHECKING:
    from sspnet_sdk.estimator import Estimator

_SEARCH_EVERY_S, _SEARCH_LOST_EVERY_S, _VERIFY_EVERY_S = 1.0, 0.2, 1.0
_REMEMBER_S = 2.0  # somebody found again within this time, near where they were lost, is the same person
_CENTRE_GAIN, _GROW_GAIN, _SHRINK_GAIN = 0.8, 0.6, 0.25
_SAME_BOX, _SUPPORT = 0.4, 0.1  # intersection over union
_MOST_DOUBTS = 2


@dataclass
class _Track:
    id: int
    box: Box
    seen_s: float
    pose: Pose | None = field(default=None, repr=False)
    certain: bool = True
    doubts: float = 0.0


class Tracker:
    """Poses of up to `people` persons in a video, each with an id that lasts.

    While somebody is followed, only the crop around them is run. The whole picture is searched when nobody is, now and then while
    fewer than `people` are, and every second to check that a crop has not drifted off its person. Where one person is asked
    for and none is found with certainty, the best guess is followed until somebody is; its poses are `unsure`.

    Args:
        estimator: runs the network.
        people: how many to follow at most; None for everybody.
        boxes: x, y, w, h of people in the first frame, in pixels; they count among `people`.
        camera: intrinsics of the frames, as `Estimator.predict` takes them.
    """

    def __init__(self, estimator: Estimator, people: int | None = None, boxes: Iterable[Any] = (), camera: Any = None) -> None:
        self._estimator, self._people, self._camera = estimator, check_people(people), camera
        self._start = list(boxes)
        self._tracks: list[_Track] = []
        self._lost: list[_Track] = []
        self._searched_s = -np.inf
        self._next_id = 1

    def update(self, img: Any, time_s: float) -> tuple[Person, ...]:
        """The people in the next frame, by id.

        Args:
            img: the frame, as `Estimator.predict` takes it.
            time_s: when it was taken, in seconds, ascending.
        """
        image = open_image(img)
        self._tracks += [_Track(self._new_id(), check_box(box, image), time_s) for box in self._start]
        self._start = []
        lost = self._follow(img, time_s)
        if lost or time_s - self._searched_s >= self._search_every_s():
            self._search(img, time_s)
        people = []
        for track in sorted(self._tracks, key=lambda track: track.id):
            assert track.pose is not None
            people.append(Person(track.id, track.pose))
            track.box = next_box(track.pose, track.box, (image.width, image.height), self._estimator.bundle.poses)
        return tuple(people)

    def _follow(self, img: Any, time_s: float) -> bool:
        """Run the known boxes; True if somebody was lost."""
        poses = self._estimator.predict_many(img, [track.box for track in self._tracks], camera=self._camera)
        kept: list[_Track] = []
        for track, pose in zip(self._tracks, poses, strict=True):
            if pose.unsure or any(same_person(pose, other.pose) for other in kept if other.pose is not None):
                self._lost.append(track)
                continue
            track.pose, track.seen_s = pose if track.certain else replace(pose, unsure=True), time_s
            kept.append(track)
        lost = len(kept) < len(self._tracks)
        self._tracks = kept
        self._lost = [track for track in self._lost if time_s - track.seen_s <= _REMEMBER_S]
        return lost

    def _search_every_s(self) -> float:
        """Nobody followed: at every frame; somebody lost lately, doubted, or a guess: often; else now and then."""
        if not self._tracks:
            return 0.0
        if any(track.doubts or not track.certain for track in self._tracks):
            return _SEARCH_LOST_EVERY_S
        if len(self._tracks) == self._people:
            return _VERIFY_EVERY_S
        return _SEARCH_LOST_EVERY_S if self._lost else _SEARCH_EVERY_S

    def _search(self, img: Any, time_s: float) -> None:
        self._searched_s = time_s
        found = self._estimator.find(img)
        self._verify(found)
        others = [box for box in found if all(iou(box, track.box) < _SAME_BOX for track in self._tracks)]
        may_go = sum(not track.certain or track.doubts >= _MOST_DOUBTS for track in self._tracks)
        boxes = others[: self._people - len(self._tracks) + may_go]
        poses = self._estimator.predict_many(img, boxes, camera=self._camera)
        newcomers = [(box, pose) for box, pose in zip(boxes, poses, strict=True) if self._is_new(pose)]
        self._drop_ghosts([pose for _, pose in newcomers])
        for box, pose in newcomers[: self._people - len(self._tracks)]:
            self._tracks.append(_Track(self._identify(box), box, time_s, pose))
        if self._people == 1 and not any(track.certain for track in self._tracks):
            self._guess(self._estimator.predict(img, camera=self._camera), time_s)

    def _guess(self, guess: Pose, time_s: float) -> None:
        """Follow the best guess at the only person; one guess gives way to another only if that one comes twice."""
        for track in self._tracks:
            track.doubts = 0 if iou(guess.box, track.box) >= _SUPPORT else track.doubts + 1
        self._tracks = [track for track in self._tracks if track.doubts < _MOST_DOUBTS]
        if not self._tracks:
            self._tracks = [_Track(self._identify(guess.box), guess.box, time_s, guess, certain=not guess.unsure)]

    def _verify(self, found: Sequence[Box]) -> None:
        """Doubt whom a search does not find: a crop can drift off its person. Where it finds nobody at all, it may be blind."""
        for track in self._tracks:
            overlap = max((iou(box, track.box) for box in found), default=0.0)
            track.certain = track.certain or overlap >= _SAME_BOX
            track.doubts = 0.0 if overlap >= _SUPPORT else track.doubts + (1.0 if found else 0.5)
        if not found and self._people == 1:
            for track in self._tracks:
                track.certain = track.certain and track.doubts < _MOST_DOUBTS
        elif not found:
            self._tracks = [track for track in self._tracks if track.doubts < _MOST_DOUBTS]

    def _is_new(self, pose: Pose) -> bool:
        return not pose.unsure and not any(same_person(pose, track.pose) for track in self._tracks if track.pose is not None)

    def _drop_ghosts(self, newcomers: Sequence[Pose]) -> None:
        """Where somebody is sure to be, guesses end; so do doubted people, unless their pose is as confident as others'."""
        settled = [track.pose for track in self._tracks if track.certain and not track.doubts and track.pose is not None]
        sure = [pose.certainty for pose in (*newcomers, *settled)]
        if not sure:
            return
        for track in self._tracks:
            if track.pose is not None and track.certain and track.pose.certainty >= np.mean(sure):
                track.doubts = 0.0
        self._tracks = [track for track in self._tracks if track.certain and track.doubts < _MOST_DOUBTS]

    def _identify(self, box: Box) -> int:
        """The id of the person who was lost near here, else a new one; the only person is always number 1."""
        if self._people == 1:
            return 1
        near = nearest(box, [track.box for track in self._lost])
        if near is not None:
            return self._lost.pop(near).id
        return self._new_id()

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1


def next_box(pose: Pose, box: Box, image_size: tuple[int, int], numbers: PoseThresholds) -> Box:
    """Where to look for this person in the next frame.

    The box around the joints that are seen, inside the picture (joints outside are guesses); its size follows slowly, so that a
    limb that comes and goes does not make the crop breathe.

    Args:
        pose: this frame's pose.
        box: the box it was found in, x, y, w, h.
        image_size: width and height of the frame in pixels.
    """
    around = box_of_seen_joints(pose.keypoints, pose.confidence, *image_size, numbers)
    low, high = around[:2], around[:2] + around[2:]
    if around[2:].min() < 2.0:
        return box
    size, centre = box[2:], box[:2] + box[2:] / 2
    gain = np.where(high - low > size, _GROW_GAIN, _SHRINK_GAIN)
    size = size + gain * (high - low - size)
    centre = centre + _CENTRE_GAIN * ((low + high) / 2 - centre)
    return np.concatenate([centre - size / 2, size]).astype(np.float32)


def nearest(box: Box, others: Sequence[Box]) -> int | None:
    """Index of the box that overlaps `box` most, or lies within half its size; None if there is none."""
    best, best_score = None, 0.0
    for index, other in enumerate(others):
        apart = float(np.linalg.norm(box[:2] + box[2:] / 2 - other[:2] - other[2:] / 2))
        score = max(iou(box, other), 0.5 - apart / float(max(box[2:].max(), other[2:].max())))
        if score > best_score:
            best, best_score = index, score
    return best
