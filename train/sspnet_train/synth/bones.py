"""Joints as offsets from their parents, and back."""

from __future__ import annotations

import numpy as np

from sspnet_train.data.sample import BODY_PARENTS


def bones_of(joints: np.ndarray) -> np.ndarray:
    """Each joint's offset from its parent. (17, 3) -> (17, 3)."""
    return joints - joints[[max(parent, 0) for parent in BODY_PARENTS]]


def joints_of(bones: np.ndarray) -> np.ndarray:
    """Joints from their offsets from the parents, with the pelvis at 0. (17, 3) -> (17, 3)."""
    joints = np.zeros((17, 3))
    for joint in range(1, 17):
        joints[joint] = joints[BODY_PARENTS[joint]] + bones[joint]
    return joints
