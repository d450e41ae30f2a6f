"""Follow people from frame to frame: the pose in this frame says where to look in the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sspnet_sdk.estimator import Estimator, check_estimator
from sspnet_sdk.finding.person_box import iou
from sspnet_sdk.frame import Person
from sspnet_sdk.geometry.crop import Box, check_box
from sspnet_sdk.given import given_list
from sspnet_sdk.given_number import check_time
from sspnet_sdk.images.image import Image, open_image
from sspnet_sdk.options import check_people
from sspnet_sdk.people.appearance import look_of
from sspnet_sdk.people.identity import CONFIRM_FRAMES, Identities, Sighting, Track
from sspnet_sdk.people.same_person import same_person
from sspnet_sdk.pose import Pose

_SEARCH_EVERY_S, _SEARCH_LOST_EVERY_S, _VERIFY_EVERY_S, _VERIFY_BELIEVED_EVERY_S = 1.0, 0.2, 1.0, 2.0
_SEARCH_HARD_S = 3.0  # so long after somebody was lost, the search is frequent
_SAME_BOX, _SUPPORT = 0.4, 0.1  # intersection over union
_MOST_DOUBTS = 2
_LOOK_EVERY_S = 0.25  # at the clothes of one person alone
_LEAST_INSIDE = 0.1  # of a box that is still looked at
_FRESH_S = 0.2  # an older pose tells nothing of this frame's


class Tracker:
    """Poses of up to `people` persons in a video, each with an id that lasts.

    While somebody is followed, only the crop around them is run. The whole picture is searched:

    - at every frame, while nobody is followed;
    - now and then, while fewer than `people` are;
    - often, after somebody was lost;
    - every second, to check that a crop has not drifted off its person; every two seconds while poses are confident.

    All poses of a frame are given to people at once, by where each should be and by what each wears (`identity.py`). Left and
    right that change places for a moment are put right (`swaps.py`), and the network sees the pose so in the next frame.

    Somebody who is found is a person after three frames. People given by `boxes` are persons at once. If one person is asked for
    and none is found with certainty, the best guess is followed until somebody is. Its poses are `unsure`.

    Args:
        estimator: runs the network.
        people: how many to follow at most; None for everybody.
        boxes: x, y, w, h of people in the first frame, in pixels; they count among `people`.
        camera: intrinsics of the frames, as `Estimator.predict` takes them.

    Raises:
        OptionError: `estimator` is none, or an option makes no sense.
    """

    def __init__(self, estimator: Estimator, people: int | None = None, boxes: Iterable[Any] = (), camera: Any = None) -> None:
        self._estimator, self._camera, self._start = check_estimator(estimator), camera, given_list(boxes)
        self._people = max(check_people(people), len(self._start))
        self._ids = Identities(estimator.bundle.poses, only_one=self._people == 1)
        self._searched_s = self._looked_s = -np.inf
        self._frames = 0
        self._size: tuple[int, int] | None = None

    def update(self, img: Any, time_s: float) -> tuple[Person, ...]:
        """The people in the next frame, by id.

        Args:
            img: the frame, as `Estimator.predict` takes it.
            time_s: when it was taken, in seconds, ascending.

        Raises:
            OptionError: `time_s` is no time.
        """
        seen = [(track.id, pose) for track, pose in self.observe(img, time_s) if track.id]
        return tuple(Person(number, pose) for number, pose in sorted(seen, key=lambda pair: pair[0]))

    def end(self) -> None:
        """The source has ended. If it had fewer frames than it takes to be sure, whoever was in all of them is a person."""
        for track in self._ids.followed:
            if self._frames < CONFIRM_FRAMES and track.frames == self._frames:
                self._ids.confirm(track)

    def observe(self, img: Any, time_s: float) -> list[tuple[Track, Pose]]:
        """As `update`, but also with those who are not confirmed yet (`Track.state`).

        Later frames tell whether they are people.
        """
        check_time(time_s)
        img = image = open_image(img, self._estimator.color)
        given = [check_box(box, image) for box in self._start]  # all, before one is entered
        self._frames += 1
        self._resize((image.width, image.height))
        for box in given:
            track = Track(self._ids.steady_box(box, time_s), time_s, given=True)
            self._ids.confirm(track)
            self._ids.tracks.append(track)
        self._start = []
        seen = self._follow(img, image, time_s)
        if self._search_is_due(time_s):
            seen += self._search(img, image, time_s)
        self._ids.compare_looks([(track, sighting) for track, sighting in seen if track in self._ids.followed])
        self._ids.forget(time_s)
        return [(track, track.pose) for track in self._ids.followed if track.pose is not None]

    def _resize(self, size: tuple[int, int]) -> None:
        """Streams change their size as the network allows: what is known in pixels goes along."""
        if self._size not in (None, size):
            by = (np.array(size) / np.array(self._size)).astype(np.float32)
            for track in self._ids.tracks:
                track.scale(by)
            self._searched_s = -np.inf
        self._size = size

    def _follow(self, img: Any, image: Image, time_s: float) -> list[tuple[Track, Sighting]]:
        """Run the boxes where people should be, and say who is whom."""
        followed = self._ids.followed
        looked_at = [track for track in followed if _inside(track.box_at(time_s), image)]
        before = [track.pose if time_s - track.seen_s <= _FRESH_S else None for track in looked_at]
        poses = self._poses(img, [track.box_at(time_s) for track in looked_at], before)
        own = {id(pose): track for track, pose in zip(looked_at, poses, strict=True)}
        distinct = _distinct([pose for pose in poses if not pose.unsure])
        sightings = [Sighting(pose, self._look(image, pose, time_s, len(followed))) for pose in distinct]
        pairs = self._ids.match(sightings, time_s, [*followed, *self._ids.lost])
        found = {id(track) for track, _ in pairs}
        taken = {id(sighting) for _, sighting in pairs}
        for sighting in sightings:  # somebody who jumped further than people do, in their own crop
            track = own[id(sighting.pose)]
            if id(sighting) not in taken and id(track) not in found:
                pairs.append((track, sighting))
                found.add(id(track))
        if any(not track.certain and track.frames == 1 for track, _ in pairs):
            self._searched_s = -np.inf  # somebody has come to where a guess was
        for track, sighting in pairs:
            pose = sighting.pose if track.certain else replace(sighting.pose, unsure=True)
            self._ids.see(track, Sighting(pose, sighting.look), time_s, (image.width, image.height))
        for track in followed:
            if id(track) not in found:
                self._ids.miss(track)
                self._searched_s = -np.inf
        return pairs

    def _poses(self, img: Any, boxes: Sequence[Box], before: Sequence[Pose | None] | None = None) -> list[Pose]:
        return self._estimator.predict_many(img, boxes, camera=self._camera, previous=before) if len(boxes) else []

    def _look(self, image: Image, pose: Pose, time_s: float, people: int) -> Any:
        """What they wear: in every frame if they may be taken for somebody, else now and then."""
        if people + len(self._ids.lost) < 2:
            if time_s - self._looked_s < _LOOK_EVERY_S:
                return None
            self._looked_s = time_s
        return look_of(image, pose)

    def _search_is_due(self, time_s: float) -> bool:
        """At every frame if nobody is followed; often if somebody was lost lately, is doubted or a guess; else now and then."""
        followed, since = self._ids.followed, time_s - self._searched_s
        if not followed:
            return since > 0.0
        if any(track.doubts or not track.certain for track in followed):
            return since >= _SEARCH_LOST_EVERY_S
        if len(followed) >= self._people:
            believed = all(track.pose and track.pose.certainty >= self._estimator.bundle.poses.believed for track in followed)
            return since >= (_VERIFY_BELIEVED_EVERY_S if believed else _VERIFY_EVERY_S)
        lately = any(time_s - track.seen_s <= _SEARCH_HARD_S for track in self._ids.lost)
        return since >= (_SEARCH_LOST_EVERY_S if lately else _SEARCH_EVERY_S)

    def _search(self, img: Any, image: Image, time_s: float) -> list[tuple[Track, Sighting]]:
        self._searched_s = time_s
        boxes_found = self._estimator.find(img)
        self._verify(boxes_found)
        followed = self._ids.followed
        others = [box for box in boxes_found if all(iou(box, track.pose.box) < _SAME_BOX for track in followed if track.pose)]
        may_go = sum(not track.certain or track.doubts >= _MOST_DOUBTS for track in followed)
        poses = self._poses(img, others[: self._people - len(followed) + may_go])
        self._settle_guesses(poses)
        newcomers = _distinct([pose for pose in poses if self._is_new(pose)])
        self._drop_ghosts(newcomers)
        room = self._people - len(self._ids.followed)
        sightings = [Sighting(pose, look_of(image, pose)) for pose in newcomers[: max(room, 0)]]
        beside = [track.pose for track in followed if track.pose is not None]
        pairs = self._ids.match(sightings, time_s, self._ids.lost, beside)
        known = {id(sighting) for _, sighting in pairs}
        for sighting in sightings:
            if id(sighting) not in known:
                pairs.append((self._newcomer(sighting.pose, time_s), sighting))
        for track, sighting in pairs:
            self._ids.see(track, sighting, time_s, (image.width, image.height))
        if self._people == 1 and not any(track.certain for track in self._ids.followed):
            self._guess(self._estimator.predict(img, camera=self._camera), time_s, (image.width, image.height))
        return pairs

    def _newcomer(self, pose: Pose, time_s: float) -> Track:
        track = Track(self._ids.steady_box(pose.box, time_s), time_s)
        self._ids.tracks.append(track)
        return track

    def _guess(self, guess: Pose, time_s: float, bounds: tuple[int, int]) -> None:
        """Follow the best guess at the only person. One guess gives way to another only if that one comes twice."""
        for track in self._ids.followed:
            track.doubts = 0 if iou(guess.box, track.steady.box) >= _SUPPORT else track.doubts + 1
        self._drop([track for track in self._ids.followed if track.doubts >= _MOST_DOUBTS])
        if not self._ids.followed:
            track = self._newcomer(guess, time_s)
            track.certain = not guess.unsure
            self._ids.see(track, Sighting(guess), time_s, bounds)
            if guess.unsure:
                self._ids.confirm(track)

    def _verify(self, found: Sequence[Box]) -> None:
        """Doubt people whom a search does not find: a crop can drift off its person.

        A search that finds nobody at all may be blind. It says nothing of whoever was given, or has a pose that is believed.
        """
        believed = self._estimator.bundle.poses.believed
        for track in self._ids.followed:
            overlap = max((iou(box, track.steady.box) for box in found), default=0.0)
            track.certain = track.certain or overlap >= _SAME_BOX
            surely_there = track.given or (track.pose is not None and track.pose.certainty >= believed)
            doubt = 1.0 if found else 0.5 * (not surely_there)
            track.doubts = 0.0 if overlap >= _SUPPORT else track.doubts + doubt
        if not found and self._people == 1:
            for track in self._ids.followed:
                track.certain = track.certain and track.doubts < _MOST_DOUBTS
        elif not found:
            self._drop([track for track in self._ids.followed if track.doubts >= _MOST_DOUBTS])

    def _settle_guesses(self, found: Sequence[Pose]) -> None:
        """A guess at somebody whom a search finds too is a person."""
        for track in self._ids.followed:
            same = (pose for pose in found if track.pose is not None and same_person(pose, track.pose))
            track.certain = track.certain or any(not pose.unsure for pose in same)

    def _is_new(self, pose: Pose) -> bool:
        known = [track.pose for track in self._ids.followed if track.pose is not None]
        return not pose.unsure and not any(same_person(pose, other) for other in known)

    def _drop_ghosts(self, newcomers: Sequence[Pose]) -> None:
        """Where somebody surely is, guesses end. So do doubted people, unless their pose is as confident as others'."""
        followed = self._ids.followed
        settled = [track.pose for track in followed if track.certain and not track.doubts and track.pose is not None]
        sure = [pose.certainty for pose in (*newcomers, *settled)]
        if not sure:
            return
        for track in followed:
            if track.pose is not None and track.certain and track.pose.certainty >= np.mean(sure):
                track.doubts = 0.0
        self._drop([track for track in followed if not track.certain or track.doubts >= _MOST_DOUBTS])

    def _drop(self, tracks: Sequence[Track]) -> None:
        for track in tracks:
            self._ids.miss(track)


def _distinct(poses: Sequence[Pose]) -> list[Pose]:
    """Of poses that lie on one person, the most confident."""
    kept: list[Pose] = []
    for pose in sorted(poses, key=lambda pose: -pose.certainty):
        if not any(same_person(pose, other) for other in kept):
            kept.append(pose)
    return kept


def _inside(box: Box, image: Image) -> bool:
    """Whether enough of a box lies in the picture to look at."""
    bounds = np.array([image.width, image.height])
    shared = np.minimum(box[:2] + box[2:], bounds) - np.maximum(box[:2], 0)
    return bool(shared.min() > 0 and shared.prod() >= _LEAST_INSIDE * box[2:].prod())
