"""Parts of the body by its vertices: which limb each belongs to, and how far along that limb it lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sspnet_train.synth.body_data import Body, BodyData

FACE_BONES = ("head", "jaw", "special", "oris", "tongue", "levator", "eye", "orbic", "temporalis", "oculi", "risorius")


class Regions:
    """Masks (V,) over a rig's skin, from the bone that moves each vertex most. They are the same for every body."""

    def __init__(self, rig: BodyData):
        strongest = rig.bone_indices[np.arange(rig.skin_count), rig.weights[: rig.skin_count].argmax(axis=1)]
        self._names = rig.bone_names[strongest]
        self.head, self.neck = self._of(*FACE_BONES), self._of("neck")
        self.hand, self.foot = self._of("wrist", "finger", "metacarpal"), self._of("foot", "toe")
        self.upper_arm, self.forearm = self._of("upperarm"), self._of("lowerarm")
        self.thigh, self.shin = self._of("upperleg"), self._of("lowerleg")
        self.pelvis = self._of("pelvis", "root", "spine05")
        self.chest = self._of("spine", "breast", "clavicle", "shoulder") & ~self.pelvis
        self.eye, self.lips = self._of("eye"), self._of("oris")

    def _of(self, *prefixes: str) -> np.ndarray:
        return np.array([name.startswith(prefixes) for name in self._names.tolist()])


@dataclass(frozen=True)
class Measures:
    """Where a rest body's vertices (V, 3) lie on it."""

    body: Body

    @cached_property
    def left(self) -> np.ndarray:
        return self.body.vertices[:, 0] > 0

    @cached_property
    def along_arm(self) -> np.ndarray:
        """Where a sleeve of that length ends: 0 at the shoulder, 1 at the elbow, 2 at the wrist. -> (V,)."""
        return self._along("upperarm01", "lowerarm01", "wrist")

    @cached_property
    def along_leg(self) -> np.ndarray:
        """0 at the hip, 1 at the knee, 2 at the ankle. -> (V,)."""
        return self._along("upperleg01", "lowerleg01", "foot")

    def _along(self, start: str, middle: str, end: str) -> np.ndarray:
        upper, lower = self._share(start, middle), self._share(middle, end)
        return np.where(upper < 1, upper, 1 + np.clip(lower, 0, None))

    def _share(self, start: str, end: str) -> np.ndarray:
        sides = []
        for side in "LR":
            origin, tip = self.body.head(f"{start}.{side}"), self.body.head(f"{end}.{side}")
            bone = tip - origin
            sides.append((self.body.vertices - origin) @ bone / (bone @ bone))
        return np.where(self.left, *sides)
