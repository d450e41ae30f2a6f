"""From the answers in labels.npz to labels3d.npz: agreement in the picture, then lifting."""

from __future__ import annotations

import numpy as np

from sspnet_train.data.people3d import JOINT_OF_HAND
from sspnet_train.labels.agreement import BLAZE_LIMBS, Answers, agree
from sspnet_train.millimetres.lifter import LIMB_ORDER, Lifter, lift_joints

BELIEVED, ENOUGH_JOINTS = 0.22, 8
BLAZE_NEAR = 0.12
"""Largest `agree` at which BlazePose is taken to see the same person in the same pose."""
DOUBT_MM = 90.0
BATCH = 2048


def agreed_labels(answers: dict[str, np.ndarray], lifter: Lifter) -> dict[str, np.ndarray]:
    """Agree on a pose for each person, and lift it.

    Args:
        answers: the arrays of a labels.npz.
        lifter: the lifting network.

    Returns:
        The arrays of its labels3d.npz, row by row.
    """
    blaze = np.concatenate([answers["blaze_xy"], answers["blaze_vis"][..., None]], axis=2).astype(np.float64)
    movenet = answers["movenet"].astype(np.float64)
    hand = answers["hand"][:, [JOINT_OF_HAND[joint] for joint in LIMB_ORDER], :2].astype(np.float64)
    mirrored = answers.get("movenet_mirrored", answers["movenet"]).astype(np.float64)
    agreed = agree(Answers(answers["box"].astype(np.float64), movenet, mirrored, hand, blaze))
    points, weight = agreed.points, agreed.weight
    known = weight > BELIEVED
    known[:, 10] = weight[:, 10] > 0
    world = np.where((answers["agree"] <= BLAZE_NEAR)[:, None, None], answers["blaze_world"][:, list(BLAZE_LIMBS)], np.nan)
    lifted = [lift_joints(lifter, points[rows], known[rows], world[rows].astype(np.float64)) for rows in _batches(len(points))]
    joints3d, spread = np.concatenate([part.joints3d for part in lifted]), np.concatenate([part.spread for part in lifted])
    mm_per_px = np.concatenate([part.mm_per_px for part in lifted])
    points[:, 9] = points[:, 8] + (joints3d[:, 9] - joints3d[:, 8])[:, :2] / np.maximum(mm_per_px, 1e-6)[:, None]
    weight[:, 9] = np.minimum(weight[:, 8], weight[:, 10])
    enough = known[:, list(LIMB_ORDER)].sum(axis=1) >= ENOUGH_JOINTS
    trust = np.where(enough[:, None], weight / (1 + (spread / DOUBT_MM) ** 2), 0)
    return {
        "name": answers["name"],
        "keypoints": np.round(points, 1).astype(np.float16),
        "weight": weight.astype(np.float16),
        "joints3d": np.round(joints3d).astype(np.int16),
        "weight_z": trust.astype(np.float16),
        "mm_per_px": mm_per_px.astype(np.float32),
    }


def _batches(count: int) -> list[slice]:
    return [slice(start, start + BATCH) for start in range(0, count, BATCH)]
