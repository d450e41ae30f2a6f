"""People's joints over time, each without a break, as TRC and BVH need them; a file for each."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.files.staging import refuse_unwritable, write_text
from sspnet_sdk.frame import Frame
from sspnet_sdk.frames.frame_times import usual_rate
from sspnet_sdk.motion.floor import Walker, find_floor
from sspnet_sdk.motion.rigid import bone_lengths, rigid

logger = logging.getLogger("sspnet_sdk")
Array = NDArray[np.float64]
Rows = dict[int, NDArray[np.float32]]
"""Frame -> joints, root, keypoints and confidence, flat."""

TO_Y_UP = np.array([1.0, -1.0, -1.0])  # camera (x right, y down, z away) → x right, y up, z towards the camera
_SHORT_GAP_S = 0.25
_LONGEST_S = 24 * 3600.0


@dataclass(frozen=True, eq=False)
class Motion:
    """One person over T frames.

    Attributes:
        person: 0 for the first, 1 for the second, … in the order of their ids.
        part: 0 for the person's first stretch, 1 for the second, …
        unsure: whether these are guesses.
        frames: (T,) number of each frame in the source.
        times: (T,) seconds.
        joints: (T, J, 3) mm from the pelvis, y up.
        root: (T, 3) mm from the camera to the pelvis, y up; None where the camera is not known.
        keypoints: (T, J, 2) pixels.
        confidence: (J,) of each joint, the mean over the frames in which the person was seen.
    """

    person: int
    part: int
    unsure: bool
    frames: NDArray[np.int64]
    times: Array
    joints: Array
    root: Array | None
    keypoints: Array
    confidence: Array

    @property
    def rate(self) -> float:
        """Frames per second, by the usual step; NaN of a single frame."""
        return usual_rate(self.times) or float("nan")


PutRight = Callable[[list[Motion]], list[Motion]]


def with_rigid_bones(tracks: list[Motion]) -> list[Motion]:
    """Each track with bones of constant length (`rigid.py`), the same in all stretches of a person; guesses say nothing of them,
    unless there is nothing else."""
    lengths = {}
    for person in {track.person for track in tracks}:
        own = [track for track in tracks if track.person == person]
        sure = [track for track in own if not track.unsure] or own
        lengths[person] = bone_lengths(np.concatenate([track.joints for track in sure]))
    return [replace(track, joints=rigid(track.joints, lengths[track.person])) for track in tracks]


def over_the_floor(tracks: list[Motion], pitch_deg: float | None) -> list[Motion]:
    """All tracks in axes along gravity, over one floor (`floor.py`): y of `root` is the pelvis's height."""
    walkers = [Walker(track.times, track.joints, track.root) for track in tracks]
    floor = find_floor([walker for walker, track in zip(walkers, tracks, strict=True) if not track.unsure] or walkers, pitch_deg)
    if walkers and not floor.sure:
        _say_unsure(round(floor.pitch_deg))
    over = [floor.of(walker) for walker in walkers]
    return [replace(track, joints=walker.joints, root=walker.root) for track, walker in zip(tracks, over, strict=True)]


@lru_cache(maxsize=64)  # once, however many files there are
def _say_unsure(pitch_deg: int) -> None:
    logger.warning(
        "the floor is a guess by how bodies stand (pitch %d°; often 3° off, at times 14°), because nobody walks towards the"
        " camera or away, or --camera is not given; --floor DEGREES takes the pitch",
        pitch_deg,
    )


class Motions:
    """Collects people's joints, frame by frame.

    Args:
        fps: gives pictures, which have no time, one.
    """

    def __init__(self, fps: float) -> None:
        self.fps = fps
        self._times: dict[int, float] = {}
        self._rows: dict[tuple[int, bool], Rows] = {}

    def add(self, frame: Frame) -> None:
        """Take the people of the next frame."""
        time = frame.index / self.fps if frame.time_s is None else frame.time_s
        first = next(iter(self._times.values()), time)
        self._times[frame.index] = min(time, first + _LONGEST_S)
        for person in frame.people:
            pose = person.pose
            root = np.full(3, np.nan) if pose.joints3d_camera is None else pose.joints3d_camera[0] * TO_Y_UP
            values = np.concatenate([(pose.joints3d * TO_Y_UP).ravel(), root, pose.keypoints.ravel(), pose.confidence])
            self._rows.setdefault((person.id, bool(pose.unsure)), {})[frame.index] = values.astype(np.float32)

    def stretches(self) -> Iterator[Motion]:
        """Everybody, in pieces without a hole.

        Holes of up to a quarter second, which dropped frames or a moment out of sight leave, are filled linearly; a longer one
        ends a piece.
        """
        for person, unsure, rows in self._people():
            seen = sorted(rows)
            ends = [i for i, (a, b) in enumerate(pairwise(seen), start=1) if self._hole(a, b)]
            for part, (begin, end) in enumerate(pairwise([0, *ends, len(seen)])):
                frames = np.arange(seen[begin], seen[end - 1] + 1)
                known = np.array(seen[begin:end])
                yield self._track(person, part, unsure, frames, known, rows)

    def whole(self) -> Iterator[Motion]:
        """Everybody, over all frames; NaN where they were not seen."""
        every = np.array(sorted(self._times))
        frames = np.arange(every[0], every[-1] + 1) if len(every) else every
        for person, unsure, rows in self._people():
            track = self._track(person, 0, unsure, frames, np.array(sorted(rows)), rows)
            missing = self._far_from(track, sorted(rows))
            for values in (track.joints, track.keypoints) if track.root is None else (track.joints, track.keypoints, track.root):
                values[missing] = np.nan
            yield track

    def _people(self) -> Iterator[tuple[int, bool, Rows]]:
        ids = sorted({person for person, _ in self._rows})
        for (person, unsure), rows in sorted(self._rows.items()):
            yield ids.index(person), unsure, rows

    def _track(
        self, person: int, part: int, unsure: bool, frames: NDArray[np.int64], known: NDArray[np.int64], rows: Rows
    ) -> Motion:
        timed = np.array(sorted(self._times))
        times = np.interp(frames, timed, [self._times[int(frame)] for frame in timed])
        table = np.stack([rows[int(frame)] for frame in known])
        at = np.interp(known, frames, times)
        values = np.stack([np.interp(times, at, column) for column in table.T], axis=1)
        joints = (values.shape[1] - 3) // 6  # 3 of each in space, 2 in the picture, the confidence
        root, keypoints = values[:, 3 * joints : 3 * joints + 3], values[:, 3 * joints + 3 : -joints]
        return Motion(
            person, part, unsure, frames, times, values[:, : 3 * joints].reshape(-1, joints, 3),
            None if np.isnan(root).any() else root, keypoints.reshape(-1, joints, 2), table[:, -joints:].mean(axis=0),
        )  # fmt: skip

    def _far_from(self, track: Motion, seen: list[int]) -> NDArray[np.bool_]:
        """Frames before, after, and in long holes between those in which the person was seen."""
        missing = (track.frames < seen[0]) | (track.frames > seen[-1])
        for a, b in pairwise(seen):
            if self._hole(a, b):
                missing |= (track.frames > a) & (track.frames < b)
        return missing

    def _hole(self, a: int, b: int) -> bool:
        """Whether the frames between `a` and `b`, where the person was seen next, are too long a time to be filled."""
        return b - a > 1 and self._times[b] - self._times[a] > _SHORT_GAP_S


class MotionWriter:
    """Collects frames; `close` writes a file for each track, whose text is `text(track, file name)`.

    Args:
        pieces: `Motions.stretches`: a file for each piece without a hole; `Motions.whole`: one over all frames.
        put_right: what is done to all tracks, in order, before they are written.
    """

    def __init__(
        self, path: Path, fps: float, pieces: Callable[[Motions], Iterator[Motion]], text: Callable[[Motion, str], str],
        put_right: Sequence[PutRight] = (),
    ) -> None:  # fmt: skip
        refuse_unwritable(path)
        self._path, self._motions, self._pieces, self._text = path, Motions(fps), pieces, text
        self._put_right = put_right
        self.files: list[Path] = []

    def write(self, frame: Frame) -> None:
        """Take the frame's people."""
        self._motions.add(frame)

    def close(self) -> None:
        """Write the files."""
        tracks = list(self._pieces(self._motions))
        for put_right in self._put_right:
            tracks = put_right(tracks)
        for track in tracks:
            path = file_of(self._path, track)
            write_text(path, self._text(track, path.name))
            self.files.append(path)

    def discard(self) -> None:
        """Nothing was written yet."""


def file_of(path: Path, track: Motion) -> Path:
    """`walk.trc` for the first person, `walk.2.trc` for the second; a person's next stretch `walk.part2.trc`; guesses
    `walk.unsure.trc`."""
    marks = [str(track.person + 1)] if track.person else []
    marks += [f"part{track.part + 1}"] if track.part else []
    marks += ["unsure"] if track.unsure else []
    return path.with_name(".".join([path.stem, *marks]) + path.suffix)


_MARKS = re.compile(r"(\.\d+)?(\.part\d+)?(\.unsure)?")


def owners(stem: str) -> set[str]:
    """Stems of which `file_of` may make this one: `walk.2.part3` itself, and `walk.2` and `walk`."""
    dots = [index for index, letter in enumerate(stem) if letter == "."]
    return {stem, *(stem[:dot] for dot in dots[-3:] if _MARKS.fullmatch(stem, dot))}
