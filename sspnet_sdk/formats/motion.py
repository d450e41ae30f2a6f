"""One person's 3D joints over time on an even frame rate, as TRC and BVH need them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.frame import Frame
from sspnet_sdk.staging import StagedFile, write_text

TO_Y_UP = np.array([1.0, -1.0, -1.0])  # camera (x right, y down, z away) → x right, y up, z towards the camera
_LONGEST_S = 24 * 3600.0


class Motions:
    """Collects joints per person; frames are placed on a grid of `fps` by their time."""

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self._rows: dict[int, dict[int, NDArray[np.float32]]] = {}
        self._length = 0

    def add(self, frame: Frame) -> None:
        """Take the people of the next frame; of two frames on one place of the grid the later one stays."""
        row = frame.index if frame.time_s is None else round(min(frame.time_s, _LONGEST_S) * self.fps)
        self._length = max(self._length, row + 1)
        for person in frame.people:
            self._rows.setdefault(person.id, {})[row] = person.pose.joints3d

    def people(self) -> list[NDArray[np.float64]]:
        """Per person in order of id: (T, J, 3) mm, y up, relative to the pelvis; NaN where the person was not seen.

        Holes shorter than a quarter second, as a camera that dropped frames leaves them, are filled linearly.
        """
        return [self._track(rows) for _, rows in sorted(self._rows.items())]

    def _track(self, rows: dict[int, NDArray[np.float32]]) -> NDArray[np.float64]:
        seen = sorted(rows)
        track = np.full((self._length, *rows[seen[0]].shape), np.nan)
        for row in seen:
            track[row] = rows[row] * TO_Y_UP
        for start, end in pairwise(seen):
            if end - start <= 0.25 * self.fps:
                share = (np.arange(start, end) - start)[:, None, None] / (end - start)
                track[start:end] = track[start] + share * (track[end] - track[start])
        return track


class MotionWriter:
    """Collects frames; `close` writes one file per person, whose text is `text(joints, fps, file name)`."""

    def __init__(self, path: Path, fps: float, text: Callable[[NDArray[np.float64], float, str], str]) -> None:
        StagedFile(path)  # says at the start, not after an hour, that the path cannot be written to
        self._path, self._motions, self._text = path, Motions(fps), text

    def write(self, frame: Frame) -> None:
        """Take the frame's people."""
        self._motions.add(frame)

    def close(self) -> None:
        """Write the files."""
        for person, joints in enumerate(self._motions.people()):
            path = numbered(self._path, person)
            write_text(path, self._text(joints, self._motions.fps, path.name))

    def discard(self) -> None:
        """Nothing was written yet."""


def numbered(path: Path, person: int) -> Path:
    """`walk.trc` for the first person, `walk.2.trc` for the second, …"""
    return path if person == 0 else path.with_name(f"{path.stem}.{person + 1}{path.suffix}")
