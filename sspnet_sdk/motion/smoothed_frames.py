"""Frames and the smooth poses in them: at once from a live source, or some frames later in a recording."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from sspnet_sdk.frame import Frame
from sspnet_sdk.motion.hindsight import AHEAD_S, MOST_AHEAD, Hindsight
from sspnet_sdk.people.hold_back import Seen
from sspnet_sdk.people.identity import Track
from sspnet_sdk.smoothing import PoseSmoother

_ROUNDING_S = 1e-3

_Followed = tuple[Track, tuple[int, ...]]
"""Somebody in frames of one size: pixels of another are not smoothed with these."""


def _of(track: Track, frame: Frame) -> _Followed:
    return track, frame.image.shape[:2]


class AsTheyCome:
    """Smooths by the past alone. No frame waits.

    Args:
        smooth: as `PoseSmoother` takes it.
    """

    def __init__(self, smooth: float) -> None:
        self._smooth = smooth
        self._people: dict[_Followed, PoseSmoother] = {}

    def add(self, frame: Frame, seen: Seen) -> Iterator[tuple[Frame, Seen]]:
        """The frame with the poses of those who are `seen` in it, smoothed."""
        people, now = [_of(track, frame) for track, _ in seen], float(frame.time_s or 0.0)
        self._people = {one: self._people.get(one) or PoseSmoother(self._smooth) for one in people}
        yield frame, [(track, self._people[one](pose, now)) for one, (track, pose) in zip(people, seen, strict=True)]

    def rest(self) -> Iterator[tuple[Frame, Seen]]:
        """Nothing."""
        yield from ()


class InHindsight:
    """Smooths by the frames around each. Frames come in order, once those by which they are smoothed are there.

    Args:
        smooth: as `Hindsight` takes it.
    """

    def __init__(self, smooth: float) -> None:
        self._smooth = smooth
        self._people: dict[_Followed, Hindsight] = {}
        self._waiting: deque[tuple[Frame, list[_Followed]]] = deque()

    def add(self, frame: Frame, seen: Seen) -> Iterator[tuple[Frame, Seen]]:
        """Take a frame and those who are `seen` in it. -> the frames that need not wait any more."""
        now = float(frame.time_s or 0.0)
        people = [_of(track, frame) for track, _ in seen]
        for one, (_, pose) in zip(people, seen, strict=True):
            self._people.setdefault(one, Hindsight(self._smooth)).add(pose, now)
        self._waiting.append((frame, people))
        while len(self._waiting) > MOST_AHEAD or now - float(self._waiting[0][0].time_s or 0.0) >= AHEAD_S - _ROUNDING_S:
            yield self._first()

    def rest(self) -> Iterator[tuple[Frame, Seen]]:
        """The frames that still wait, at the end of the source."""
        while self._waiting:
            yield self._first()

    def _first(self) -> tuple[Frame, Seen]:
        frame, people = self._waiting.popleft()
        seen = [(one[0], self._people[one].next()) for one in people]
        awaited = {one for _, people in self._waiting for one in people}
        self._people = {one: person for one, person in self._people.items() if one in awaited}
        return frame, seen
