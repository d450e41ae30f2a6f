"""One skeleton per person: bones of constant length, turned so that joints lie as near as possible to where they were seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.pose import FLIP_PAIRS, JOINT_PARENTS

Array = NDArray[np.float64]

_SWEEPS = 12


def rigid(joints: Array, lengths: Array | None = None) -> Array:
    """The same motion with rigid bones.

    Each bone has its median length, left and right the same, or that of `lengths`. Its direction is fitted frame by frame: least
    squares over all joints, one bone after the other, in some rounds. The root stays where it is.

    Args:
        joints: (T, J, 3) mm, joint 0 the root; NaN rows where the person was not seen stay as they are.
        lengths: (J,) mm, as `bone_lengths` gives them.

    Returns:
        (T, J, 3) mm.
    """
    seen = ~np.isnan(joints).any(axis=(1, 2))
    result = joints.copy()
    if seen.any():
        result[seen] = _fitted(joints[seen], bone_lengths(joints) if lengths is None else lengths)
    return result


def bone_lengths(joints: Array) -> Array:
    """Length of each joint's bone to its parent in mm; 0 for the root. -> (J,).

    These are medians over (T, J, 3) without rows of NaN, left and right the same.
    """
    joints = joints[~np.isnan(joints).any(axis=(1, 2))]
    count = joints.shape[1]
    parents = np.maximum(JOINT_PARENTS[:count], 0)
    lengths: Array = np.median(np.linalg.norm(joints - joints[:, parents], axis=-1), axis=0)
    for pair in FLIP_PAIRS:
        if max(pair) < count:
            lengths[list(pair)] = lengths[list(pair)].mean()
    return lengths


def _fitted(joints: Array, lengths: Array) -> Array:
    count = joints.shape[1]
    below = _below(count)
    bones = joints - joints[:, np.maximum(JOINT_PARENTS[:count], 0)]
    bones = _of_length(bones, lengths)
    for _ in range(_SWEEPS):
        for joint in range(1, count):
            placed = _placed(joints[:, :1], bones)
            missing = (joints[:, below[joint]] - placed[:, below[joint]]).mean(axis=1)
            bones[:, joint] = _of_length((bones[:, joint] + missing)[:, None], lengths[joint : joint + 1])[:, 0]
    return _placed(joints[:, :1], bones)


def _placed(root: Array, bones: Array) -> Array:
    """(T, J, 3) joints from the root (T, 1, 3) and each joint's offset from its parent."""
    joints = np.repeat(root, bones.shape[1], axis=1)
    for joint in range(1, bones.shape[1]):
        joints[:, joint] = joints[:, JOINT_PARENTS[joint]] + bones[:, joint]
    return joints


def _of_length(bones: Array, lengths: Array) -> Array:
    size = np.linalg.norm(bones, axis=-1, keepdims=True)
    up = np.array([0.0, 1.0, 0.0])
    direction = np.where(size > 1e-6, bones / np.maximum(size, 1e-6), up)
    return direction * lengths[:, None]


def _below(count: int) -> list[list[int]]:
    """Of each joint, the joints that its bone moves: itself and all that hang on it."""
    below: list[list[int]] = [[joint] for joint in range(count)]
    for joint in range(count - 1, 0, -1):
        below[JOINT_PARENTS[joint]] += below[joint]
    return below
