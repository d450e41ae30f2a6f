"""Whether two poses lie on the same person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sspnet_sdk.pose import BODY_JOINTS, Pose

_APART = 0.15  # mean distance of the body's joints over the longer side of the larger box


def same_person(pose: Pose, other: Pose) -> bool:
    """Whether two poses lie on the same person."""
    distance = float(np.linalg.norm((pose.keypoints - other.keypoints)[:BODY_JOINTS], axis=1).mean())
    return distance < _APART * float(max(pose.box[2:].max(), other.box[2:].max()))


def distinct(poses: Sequence[Pose]) -> list[Pose]:
    """Everybody once: of poses that lie on one person, the first."""
    kept: list[Pose] = []
    for pose in poses:
        if not any(same_person(pose, other) for other in kept):
            kept.append(pose)
    return kept
