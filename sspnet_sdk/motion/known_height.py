"""A known height over time: what a pose's limbs say of it wanders with every pose, a person's size does not."""

from __future__ import annotations

from dataclasses import replace

from sspnet_sdk.frame import Frame, Person
from sspnet_sdk.pose import Pose, scaled
from sspnet_sdk.poses.stature import check_height, stature_mm

_MOST_PEOPLE = 1000  # that are remembered: a camera may see passers-by for months


class KnownHeight:
    """Puts everybody in frames at the size of a person who is `height_mm` tall, standing.

    In a video, a person's limbs are as long as they were on average so far. Pictures are each for themselves.
    """

    def __init__(self, height_mm: float) -> None:
        self._height_mm = check_height(height_mm)
        self._seen: dict[int, tuple[int, float]] = {}  # by id: poses, and their mean stature in mm

    def __call__(self, frame: Frame) -> Frame:
        """The next frame with its people at that size."""
        return replace(frame, people=tuple(Person(one.id, self._as_tall(one, frame.time_s is None)) for one in frame.people))

    def _as_tall(self, person: Person, by_itself: bool) -> Pose:
        if by_itself:
            return person.pose.with_height(self._height_mm)
        count, mean = self._seen.pop(person.id, (0, 0.0))
        mean += (stature_mm(person.pose.joints3d) - mean) / (count + 1)
        self._seen[person.id] = count + 1, mean
        if len(self._seen) > _MOST_PEOPLE:
            del self._seen[next(iter(self._seen))]  # whom nobody saw for longest
        return scaled(person.pose, self._height_mm / max(mean, 1.0))
