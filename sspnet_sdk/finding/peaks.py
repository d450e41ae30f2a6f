"""The finder's maps on one crop to people: peaks of the centre map, and the joints that belong to each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.bundles.thresholds import PoseThresholds, SinglePersonCentres
from sspnet_sdk.finding.centre_map import likeliest_cells
from sspnet_sdk.finding.person_box import box_of_joints, iou
from sspnet_sdk.geometry.crop import Box, Crop

Answer = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
RunFinder = Callable[[Crop], Answer]
"""Crop of the image → centre (h, w), joints (J, 2, h, w) in [0, 1] of the crop, heat (J, h, w)."""


@dataclass(frozen=True)
class Found:
    """Somebody whom the finder found.

    Attributes:
        box: x, y, w, h in pixels of the image.
        score: how likely that is a person, 0..1: of a finder of one person, the mean likelihood of the limb joints.
        sure: whether the score is more than an empty picture gives.
        joints: (N, 2) pixels, or None where a box alone is known.
    """

    box: Box
    score: float
    sure: bool
    joints: NDArray[np.float32] | None = None

    @property
    def longer_side(self) -> float:
        return float(max(self.box[2:]))


@dataclass(frozen=True)
class Peaks:
    """Reads people off the maps, by the bundle's numbers."""

    finder: SinglePersonCentres
    poses: PoseThresholds

    def people(self, crop: Crop, answer: Answer) -> list[Found]:
        """Distinct people in the finder's answer on `crop`."""
        centre, joints, heat = answer
        marked, people = list(self.finder.joints), []
        limbs = [marked.index(joint) for joint in self.finder.limbs]
        sure_score = self.finder.sure_score + self.finder.sure_score_per_cell * min(centre.shape[1], self.finder.most_cells)
        for row, column in zip(*likeliest_cells(centre, self.finder.centre_floor, self.finder.most_peaks), strict=True):
            keypoints, likelihood = self._nearest_heat(joints[marked, :, row, column], heat[marked])
            score = float(likelihood[limbs].mean())
            if score >= self.finder.score_floor:
                found = crop.to_image(keypoints)
                people.append(Found(box_of_joints(found, self.poses), score, score >= sure_score, found))
        return self.distinct(people)

    def rank(self, person: Found) -> float:
        """How prominent a person is. The certain come first; of two that are alike, the larger one."""
        return person.score * person.longer_side**self.finder.larger_first

    def distinct(self, people: list[Found]) -> list[Found]:
        """The same people, each once, the first by rank."""
        kept: list[Found] = []
        for person in sorted(people, key=lambda person: -self.rank(person)):
            if not any(self.same(person, other) for other in kept):
                kept.append(person)
        return kept

    def same(self, a: Found, b: Found) -> bool:
        """Whether two found people are one."""
        if iou(a.box, b.box) >= self.finder.same_iou:
            return True
        if a.joints is None or b.joints is None:
            return False
        near = np.linalg.norm(a.joints - b.joints, axis=1) < self.finder.same_joint * min(a.longer_side, b.longer_side)
        return float(near.mean()) >= self.finder.shared_joints

    def _nearest_heat(
        self, guess: NDArray[np.float32], heat: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For each joint, the cell whose heat is high and which is near the guess (J, 2).

        Returns:
            Centres of these cells (J, 2) in [0, 1], and their heat (J,), which counts less the further from the guess it is.
        """
        count, height, width = heat.shape
        across = (np.arange(width, dtype=np.float32) + 0.5) / width - guess[:, :1]
        down = (np.arange(height, dtype=np.float32) + 0.5) / height - guess[:, 1:]
        distance = np.sqrt((across * across)[:, None, :] + (down * down)[:, :, None]) * width
        best = (heat / (distance + self.finder.cells_from_guess)).reshape(count, -1).argmax(axis=1)
        rows, columns = np.divmod(best, width)
        cells = np.stack([(columns + 0.5) / width, (rows + 0.5) / height], axis=1).astype(np.float32)
        extent = max(float(np.ptp(guess, axis=0).max()), 1 / width)
        astray = np.linalg.norm(cells - guess, axis=1) / (self.finder.far_from_guess * extent)
        return cells, heat.reshape(count, -1)[np.arange(count), best] / (1 + astray * astray)
