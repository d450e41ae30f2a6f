"""Who was seen in the frame before. Where a deadline leaves no time to search, the person is looked for there."""

from __future__ import annotations

import time
from collections.abc import Callable

from sspnet_sdk.bundles.thresholds import PoseThresholds
from sspnet_sdk.finding.person_box import box_of_seen_joints
from sspnet_sdk.geometry.crop import Box
from sspnet_sdk.images.image import Image
from sspnet_sdk.pose import Pose

_REMEMBER_S = 1.0
_SMALLEST_BOX = 2.0  # px


class LastSeen:
    """The person of the last frame, for a second, in frames of one size."""

    def __init__(self, numbers: PoseThresholds, clock: Callable[[], float] = time.monotonic) -> None:
        self._numbers, self._clock = numbers, clock
        self._seen: tuple[Box, tuple[int, int], float] | None = None

    def box(self, image: Image) -> Box | None:
        """Where to look in this frame; None if nobody was seen lately."""
        if self._seen is None:
            return None
        box, size, when = self._seen
        return box if size == (image.width, image.height) and self._clock() - when <= _REMEMBER_S else None

    def keep(self, image: Image, pose: Pose) -> None:
        """Take this frame's pose. One that is unsure is nobody's."""
        around = box_of_seen_joints(pose.keypoints, pose.confidence, image.width, image.height, self._numbers)
        if pose.unsure or around[2:].min() < _SMALLEST_BOX:
            self._seen = None
        else:
            self._seen = around, (image.width, image.height), self._clock()
