"""Recordings of people by calibrated cameras, as Human3.6M and MPI-INF-3DHP have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sspnet_train.data.boxes import box_around
from sspnet_train.data.camera import Camera
from sspnet_train.data.pictures import Frames
from sspnet_train.data.sample import Sample, SampleSource


@dataclass
class Recording:
    """One person filmed by one camera, in F frames.

    Attributes:
        keypoints: (F, 17, 2) pixels.
        joints: (F, 17, 3) mm in the camera's frame.
        numbers: (F,) the frame of each in the video.
        weight: (17,) 0 for joints that the data set does not have.
    """

    name: str
    action: str
    frames: Frames
    keypoints: np.ndarray
    joints: np.ndarray
    camera: Camera
    numbers: np.ndarray
    weight: np.ndarray = field(default_factory=lambda: np.ones(17, np.float32))

    def sample(self, row: int) -> Sample:
        keypoints, joints, frame = self.keypoints[row].astype(np.float32), self.joints[row], int(self.numbers[row])
        relative = (joints - joints[0]).astype(np.float32)
        return Sample(
            self.frames.read(frame), box_around(keypoints, self.weight), keypoints, self.weight, relative[:, 2], self.weight,
            relative, focal=float(np.mean(self.camera.focal)), root_z=float(joints[0, 2]), name=f"{self.name}/{frame}",
            camera=self.camera, action=self.action,
        )  # fmt: skip


def source_of(name: str, recordings: Iterable[Recording], every: int = 1) -> SampleSource:
    """All frames that have a picture, or those whose number is a multiple of `every`."""
    kept: list[Recording] = list(recordings)
    rows = [np.flatnonzero([n % every == 0 and r.frames.has(int(n)) for n in r.numbers]) for r in kept]
    starts = np.cumsum([0, *map(len, rows)])

    def read(index: int) -> Sample:
        which = int(np.searchsorted(starts, index, side="right")) - 1
        return kept[which].sample(int(rows[which][index - starts[which]]))

    return SampleSource(name, int(starts[-1]), read, definition="human36m")


def rows_of(joints: np.ndarray, order: Sequence[int]) -> np.ndarray:
    """(F, J, 2 or 3) of a data set -> its rows in our order, float32."""
    return joints[:, list(order)].astype(np.float32)
