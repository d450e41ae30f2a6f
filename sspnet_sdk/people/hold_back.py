"""Frames wait until it is known who in them is a person. Somebody seen in one frame alone is nobody in any file."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sspnet_sdk.frame import Frame, Person
from sspnet_sdk.people.identity import Track, TrackState
from sspnet_sdk.pose import Pose

Seen = Sequence[tuple[Track, Pose]]


class HoldBack:
    """Gives frames back in order, each with its people, at most `identity.CONFIRM_FRAMES` - 1 frames later.

    Args:
        live: nothing waits. Then a frame lacks people who are not confirmed.
    """

    def __init__(self, live: bool) -> None:
        self._live = live
        self._waiting: deque[tuple[Frame, Seen]] = deque()

    def add(self, frame: Frame, seen: Seen) -> Iterator[Frame]:
        """Take `frame`, in which `seen` are seen. -> the frames that need not wait any more."""
        self._waiting.append((frame, seen))
        while self._waiting and (self._live or not _open(self._waiting[0][1])):
            yield _with_people(*self._waiting.popleft())

    def rest(self) -> Iterator[Frame]:
        """The frames that still wait, at the end of the source."""
        while self._waiting:
            yield _with_people(*self._waiting.popleft())


def _open(seen: Seen) -> bool:
    return any(track.state is TrackState.TENTATIVE for track, _ in seen)


def _with_people(frame: Frame, seen: Seen) -> Frame:
    people = sorted(((track.id, pose) for track, pose in seen if track.id), key=lambda pair: pair[0])
    return replace(frame, people=tuple(Person(number, pose) for number, pose in people))
