"""Who is whom from frame to frame: all people at once, by where they should be now and by what they wear. Pure: no network."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.bundles.thresholds import PoseThresholds
from sspnet_sdk.finding.person_box import iou
from sspnet_sdk.geometry.crop import Box
from sspnet_sdk.motion.swaps import SideKeeper
from sspnet_sdk.people.appearance import Look, blended, unlike
from sspnet_sdk.people.assignment import assign
from sspnet_sdk.people.steady_box import SteadyBox
from sspnet_sdk.pose import BODY_JOINTS, Pose

CONFIRM_FRAMES = 3
"""Seen in so many frames, somebody is a person and gets an id."""

_FORGET_S = 30.0
_REACH, _REACH_PER_S, _FURTHEST = 0.6, 1.5, 3.0  # off the expected place, in the box's longer side; grows by the second
_LOOK_COST = 1.5  # wholly other clothes, where the end of reach costs 1
_UNKNOWN_LOOK = 0.3  # of that, if none are known
_LIMIT = 1.6
_LOOKS_THE_SAME = 0.3  # whoever was lost may come back anywhere if they look like this
_OTHER_CLOTHES = 0.45  # different people are further apart than that (0.47 - 0.93 on photographs)
_LOOK_GAIN, _ALONE_IOU, _NEW_CLOTHES_FRAMES = 0.1, 0.05, 30
_VELOCITY_LASTS_S = 0.5
_HIDDEN_S = 1.0  # whoever was lost no longer ago, and is seen in an overlap, wears what the other one wears


class TrackState(enum.Enum):
    """Of a track: seen in few frames yet; a person; a person out of sight; gone for good, or never confirmed."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    LOST = "lost"
    GONE = "gone"


@dataclass(frozen=True, eq=False)
class Sighting:
    """A pose in this frame, and what its person wears (None: not seen)."""

    pose: Pose
    look: Look | None = None


@dataclass(eq=False)
class Track:
    """Somebody over time.

    Attributes:
        id: 1, 2, …; 0 until confirmed.
        state: whether they are a person, and in sight.
        steady: the box that follows their joints (`box_at`).
        pose: as last seen, with sides put right; None for a box that was given and not looked at yet.
        seen_s: when that was.
        certain: surely a person; else the best guess.
        given: the caller said where they are.
        doubts: how often a search did not find them.
        strange: frames in a row in which they wore other clothes.
    """

    steady: SteadyBox
    seen_s: float
    pose: Pose | None = field(default=None, repr=False)
    certain: bool = True
    given: bool = False
    id: int = 0
    state: TrackState = TrackState.TENTATIVE
    look: Look | None = field(default=None, repr=False)
    frames: int = 0
    doubts: float = 0.0
    strange: int = 0
    _sides: SideKeeper = field(default_factory=SideKeeper, repr=False)

    def take(self, pose: Pose, time_s: float) -> None:
        """This is their pose in the frame at `time_s`."""
        self.pose, self.seen_s, self.frames = self._sides(pose, time_s), time_s, self.frames + 1

    def scale(self, by: NDArray[np.float32]) -> None:
        """The picture is `by` (2,) times as wide and as high from now on."""
        self.steady.scale(by)
        self._sides = SideKeeper()
        if self.pose is not None:
            self.pose = replace(self.pose, keypoints=self.pose.keypoints * by, box=self.pose.box * np.tile(by, 2))

    def box_at(self, time_s: float) -> Box:
        """Where they should be at a time: x, y, w, h in pixels."""
        return self.steady.box_at(min(time_s, self.seen_s + _VELOCITY_LASTS_S))


class Identities:
    """Ids that last.

    Somebody is confirmed after `CONFIRM_FRAMES` frames, and lost when not seen. They are known again for half a minute: by place
    soon after, by clothes later.

    Args:
        numbers: which joints count as seen.
        only_one: whoever it is, the id is 1.
    """

    def __init__(self, numbers: PoseThresholds, only_one: bool = False) -> None:
        self.tracks: list[Track] = []
        self._numbers = numbers
        self._only_one, self._next_id = only_one, 1

    def steady_box(self, box: Box, time_s: float) -> SteadyBox:
        """A box that will follow whoever is in `box`."""
        return SteadyBox(box, time_s, self._numbers)

    @property
    def followed(self) -> list[Track]:
        """Those who were seen in the last frame."""
        return [track for track in self.tracks if track.state is not TrackState.LOST]

    @property
    def lost(self) -> list[Track]:
        """Those out of sight."""
        return [track for track in self.tracks if track.state is TrackState.LOST]

    def match(
        self, sightings: Sequence[Sighting], time_s: float, tracks: Sequence[Track], beside: Sequence[Pose] = ()
    ) -> list[tuple[Track, Sighting]]:
        """Pairs of least total cost, in place and clothes, among some tracks and this frame's sightings.

        Args:
            sightings: who is to be known.
            time_s: of the frame.
            tracks: whom they may be.
            beside: poses of others in the frame.
        """
        boxes = [sighting.pose.box for sighting in sightings] + [pose.box for pose in beside]
        alone = [_alone(sighting.pose.box, boxes) for sighting in sightings]
        costs = [[_cost(track, *seen, time_s) for seen in zip(sightings, alone, strict=True)] for track in tracks]
        return [(tracks[row], sightings[column]) for row, column in assign(costs, _LIMIT)]

    def see(self, track: Track, sighting: Sighting, time_s: float, bounds: tuple[int, int]) -> None:
        """This is them, in a picture of `bounds` (width, height)."""
        if track.state is TrackState.LOST:
            track.state = TrackState.CONFIRMED
            track.steady = self.steady_box(sighting.pose.box, time_s)
        track.take(sighting.pose, time_s)
        track.steady.follow(sighting.pose, time_s, bounds)
        if track.state is TrackState.TENTATIVE and track.frames >= CONFIRM_FRAMES:
            self.confirm(track)

    def confirm(self, track: Track) -> None:
        """They are a person, and get an id."""
        track.state = TrackState.CONFIRMED
        if not track.id:
            track.id = self._next_id
            self._next_id += not self._only_one

    def miss(self, track: Track) -> None:
        """They are not seen. A person is lost; a guess, and whoever was not confirmed, was nobody."""
        person = track.certain and track.state in (TrackState.CONFIRMED, TrackState.LOST)
        track.state = TrackState.LOST if person else TrackState.GONE
        track.doubts = 0.0
        self.tracks = [one for one in self.tracks if one.state is not TrackState.GONE]

    def forget(self, time_s: float) -> None:
        """Give up people who have been away for long."""
        for track in self.tracks:
            if track.state is TrackState.LOST and time_s - track.seen_s > _FORGET_S:
                track.state = TrackState.GONE
        self.tracks = [track for track in self.tracks if track.state is not TrackState.GONE]

    def compare_looks(self, seen: Sequence[tuple[Track, Sighting]]) -> None:
        """Learn what people wear. Where two were taken for each other, give ids back to whom they belong to.

        Only people who stand alone count.
        """
        for track, sighting in seen:
            if sighting.look is None or not _alone(sighting.pose.box, [other.pose.box for _, other in seen]):
                continue
            apart = unlike(track.look, sighting.look)
            track.strange = track.strange + 1 if apart is not None and apart > _OTHER_CLOTHES else 0
            if not track.strange or track.strange > _NEW_CLOTHES_FRAMES:
                track.look = blended(track.look, sighting.look, _LOOK_GAIN)
        for track, sighting in seen:
            if track.strange >= CONFIRM_FRAMES:
                self._give_back(track, sighting)

    def _give_back(self, track: Track, sighting: Sighting) -> None:
        """If somebody else, who is lost or looks strange too, wears what this one is seen in, then this one is them."""
        for other in self.tracks:
            apart = unlike(other.look, sighting.look)
            if other is track or not other.id or apart is None or apart > _LOOKS_THE_SAME:
                continue
            if other.state is TrackState.LOST or other.strange >= CONFIRM_FRAMES:
                track.id, other.id = other.id, track.id
                track.look, other.look = other.look, track.look
                track.strange = other.strange = 0
                return


def _alone(box: Box, boxes: Sequence[Box]) -> bool:
    """Whether a box overlaps with none of the others. In an overlap, a crop shows the other's clothes."""
    return all(iou(box, other) < _ALONE_IOU for other in boxes if other is not box)


def _cost(track: Track, sighting: Sighting, alone: bool, time_s: float) -> float:
    hidden = track.state is TrackState.LOST and not alone and time_s - track.seen_s <= _HIDDEN_S
    apart = None if hidden else unlike(track.look, sighting.look)
    away = _away(track, sighting.pose, time_s)
    reach = min(_REACH + _REACH_PER_S * max(time_s - track.seen_s, 0.0), _FURTHEST)
    if not _possible(track, away <= reach, apart):
        return np.inf
    return min(away / reach, 1.0) + _LOOK_COST * (_UNKNOWN_LOOK if apart is None else apart)


def _possible(track: Track, near: bool, apart: float | None) -> bool:
    if track.state is not TrackState.LOST or apart is None:
        return near
    return apart <= (_OTHER_CLOTHES if near else _LOOKS_THE_SAME)


def _away(track: Track, pose: Pose, time_s: float) -> float:
    """How far a pose is from the expected place, over the longer side of the box: by joints, or by boxes for people who were
    lost.
    """
    expected = track.box_at(time_s)
    longer = float(max(expected[2:].max(), pose.box[2:].max(), 1.0))
    moved = _centre(expected) - _centre(track.steady.box)
    if track.pose is None or track.state is TrackState.LOST:
        return float(np.linalg.norm(_centre(expected) - _centre(pose.box)) / longer)
    apart = (track.pose.keypoints + moved - pose.keypoints)[:BODY_JOINTS]
    return float(np.linalg.norm(apart, axis=1).mean() / longer)


def _centre(box: Box) -> NDArray[np.float32]:
    centre: NDArray[np.float32] = (box[:2] + box[2:] / 2).astype(np.float32)
    return centre
