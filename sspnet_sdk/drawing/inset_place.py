"""Where in a picture the 3D inset lies, and how large it is: where it hides least of the people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from sspnet_sdk.pose import Pose

SMALLEST_SIDE = 110
"""Pixels; a smaller inset shows nothing."""

_SHARES = (0.4, 0.36, 0.33, 0.3)  # of the picture's shorter side
_UPPER_RIGHT, _UPPER_LEFT, _LOWER_RIGHT = range(3)  # the legend has the lower left corner
_BODY_REACH = 0.1  # of the box's longer side: as far as a head reaches beyond eyes and ears


@dataclass(frozen=True)
class InsetPlace:
    """A corner, and the side of the inset as a share of the picture's shorter side: it fits pictures of any size."""

    corner: int
    share: float

    def square(self, shape: tuple[int, ...]) -> tuple[int, int, int]:
        """x, y and side in pixels of a picture of this `shape`, (H, W, …)."""
        side = int(self.share * min(shape[:2]))
        margin = side // 20
        x = margin if self.corner == _UPPER_LEFT else shape[1] - side - margin
        y = shape[0] - side - margin if self.corner == _LOWER_RIGHT else margin
        return x, y, side


def choose_place(shape: tuple[int, ...], poses: Sequence[Pose]) -> InsetPlace | None:
    """The largest inset that hides no joint, or else the one that hides least; None where the picture is too small for one.

    Args:
        shape: (H, W, …) of the picture.
        poses: in pixels of that picture, with finite joints.
    """
    shares = [share for share in _SHARES if int(share * min(shape[:2])) >= SMALLEST_SIDE]
    places = [InsetPlace(corner, share) for share, corner in product(shares, (_UPPER_RIGHT, _UPPER_LEFT, _LOWER_RIGHT))]
    return min(places, key=lambda place: _hidden(place.square(shape), poses), default=None)


def _hidden(square: tuple[int, int, int], poses: Sequence[Pose]) -> float:
    """How many joints lie under the square or close to it, each counted by its confidence."""
    x, y, side = square
    hidden = 0.0
    for pose in poses:
        reach = _BODY_REACH * float(max(pose.box[2], pose.box[3]))
        low, high = np.array([x, y]) - reach, np.array([x, y]) + side + reach
        covered = ((pose.keypoints > low) & (pose.keypoints < high)).all(axis=1)
        hidden += float(np.clip(pose.confidence[covered], 0.0, 1.0).sum())
    return hidden
