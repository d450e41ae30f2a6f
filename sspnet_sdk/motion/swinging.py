"""How joints go on until the next frame: with the one that carries them, and limbs back to where they hung. Pure: no poses."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.pose import JOINT_PARENTS

_SAME_S = 1e-7  # equal steps of a clock, but for rounding

Array = NDArray[np.float64]


class Swinging:
    """A limb is a pendulum: next to the joint that carries it, a joint swings about its place of late. So a leg that has swung
    forwards is expected to slow down, and to come back.

    Args:
        swing: (J,) radians a second; 0 for what goes on straight ahead.
        slowing: per second: what moves will stop.

    Attributes:
        parents: (J,) the joint that carries each; the pelvis itself.
        carried: (J, J) whether the joint of a row is, or is carried by, that of a column.
    """

    def __init__(self, swing: Array, slowing: float) -> None:
        self._swing, self._slowing = swing, slowing
        self.parents = np.maximum(np.array(JOINT_PARENTS[: len(swing)]), 0)
        self.carried, self._apart = np.eye(len(swing)), np.eye(len(swing))
        for joint, parent in enumerate(self.parents[1:], start=1):
            self.carried[joint] += self.carried[parent]
            self._apart[joint, parent] = -1.0
        self._elapsed, self._matrix = 0.0, np.eye(2 * len(swing))

    def offsets(self, places: Array) -> Array:
        """(J, D) places next to those of the joints that carry them; the pelvis' own."""
        return self._apart @ places

    def matrix(self, elapsed: float) -> Array:
        """(2J, 2J): what places, as seen from where each joint hangs, and speeds become of both within `elapsed` seconds."""
        if abs(elapsed - self._elapsed) > _SAME_S:
            kept, angle = math.exp(-self._slowing * elapsed), self._swing * elapsed
            stays, reach = np.cos(angle), elapsed * np.sinc(angle / np.pi)
            pulls = -self._swing * np.sin(angle)
            parts = [[stays, reach], [kept * pulls, kept * stays]]
            self._matrix = np.block([[(self.carried * part) @ self._apart for part in row] for row in parts])
            self._elapsed = elapsed
        return self._matrix

    def onwards(self, state: Array, hung: Array, elapsed: float) -> Array:
        """(2J, D) places and speeds `elapsed` seconds later. `hung`, (J, D), is the place of each joint of late next to the one
        that carries it."""
        middle = self.carried @ hung
        state = state.copy()
        state[: len(hung)] -= middle
        state = self.matrix(elapsed) @ state
        state[: len(hung)] += middle
        return state
