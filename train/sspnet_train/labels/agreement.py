"""One agreed 2D pose per picture, from what teachers and hands say.

All answers are first moved to one definition of the joints: COCO's, as MoveNet sees them. Then each joint is the mean of the
answers that lie near each other. Its weight tells how many did. A joint that nobody confirms keeps a low weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sspnet_train.millimetres.lifter import LIMB_ORDER

NEAR, VIEWS_NEAR = 0.25, 0.15
"""Shares of the torso within which two answers, or a teacher's answers to a picture and its mirror image, are one."""
BLAZE_OFFSETS = (
    (-0.034, -0.028),
    (-0.025, -0.026),
    (-0.036, -0.013),
    (0.009, -0.026),
    (-0.021, -0.005),
    (-0.048, -0.011),
)
"""How far BlazePose's joints lie from COCO's: (up, outwards) in shares of the torso, for shoulders, elbows, wrists, hips, knees,
ankles."""
PAIRS = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9), (10, 11))
BLAZE_LIMBS = (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
"""BlazePose's landmarks for COCO's joints 5..16."""
HAND_WEIGHT, MOVENET_WEIGHT, BLAZE_WEIGHT = 1.2, 1.2, 0.8
TORSO_RANGE = (0.18, 0.6)
LEAST_HEAD_SCORE = 0.3


@dataclass(frozen=True)
class Answers:
    """What is known of N pictures, in pixels.

    Attributes:
        box: (N, 4) x, y, w, h.
        movenet: (N, 17, 3) COCO's joints with score.
        mirrored: (N, 17, 3) the same of the mirrored picture, as joints of the picture itself.
        blaze: (N, 33, 3) landmarks with visibility, or None.
        hand: (N, 12, 2) labels by hand in `LIMB_ORDER`, NaN where there is none.
    """

    box: np.ndarray
    movenet: np.ndarray
    mirrored: np.ndarray
    hand: np.ndarray
    blaze: np.ndarray | None = None


@dataclass(frozen=True)
class Agreed:
    """Agreed joints in Human3.6M's order. The neck (9) is left to the lifting.

    Attributes:
        points: (N, 17, 2) in pixels.
        weight: (N, 17) in 0..1.
    """

    points: np.ndarray
    weight: np.ndarray


def agree(answers: Answers) -> Agreed:
    """Agree on each joint, for all pictures at once."""
    teacher = (answers.movenet[:, 5:, :2] + answers.mirrored[:, 5:, :2]) / 2
    score = np.minimum(answers.movenet[:, 5:, 2], answers.mirrored[:, 5:, 2])
    steady = _apart(answers.movenet[:, 5:, :2], answers.mirrored[:, 5:, :2])
    torso = _torso(answers.movenet[:, 5:, :2], answers.box)
    sure = np.all(answers.movenet[:, [5, 6, 11, 12], 2] > 0.3, axis=1)
    labelled = np.isfinite(answers.hand[..., 0])
    blaze, blaze_sure = _blaze(answers, len(teacher))
    hand = _swapped_back(answers.hand, labelled, teacher, answers.movenet[:, 5:, 2], blaze, torso)
    blaze = _in_coco_terms(blaze, teacher, torso, sure)
    joints, weight = _fused(teacher, score, steady / torso[:, None] < VIEWS_NEAR, blaze, blaze_sure, hand, labelled, torso)
    points, weights = np.zeros((len(joints), 17, 2)), np.zeros((len(joints), 17))
    points[:, list(LIMB_ORDER)], weights[:, list(LIMB_ORDER)] = joints, weight
    for joint, (a, b) in {0: (1, 4), 8: (11, 14), 7: (0, 8)}.items():
        points[:, joint] = (points[:, a] + points[:, b]) / 2
        weights[:, joint] = np.minimum(weights[:, a], weights[:, b])
    points[:, 10], weights[:, 10] = _head((answers.movenet + answers.mirrored) / 2)
    return Agreed(points, weights)


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.linalg.norm(a - b, axis=-1)


def _torso(limbs: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The longer diagonal between shoulders and hips, within what is likely for the box. -> (N,) pixels."""
    length = np.maximum(_apart(limbs[:, 0], limbs[:, 7]), _apart(limbs[:, 1], limbs[:, 6]))
    side = np.maximum(box[:, 2], box[:, 3])
    return np.clip(length, TORSO_RANGE[0] * side, TORSO_RANGE[1] * side)


def _blaze(answers: Answers, count: int) -> tuple[np.ndarray, np.ndarray]:
    if answers.blaze is None:
        return np.full((count, 12, 2), np.nan), np.zeros((count, 12))
    return answers.blaze[:, list(BLAZE_LIMBS), :2].astype(np.float64), answers.blaze[:, list(BLAZE_LIMBS), 2].astype(np.float64)


def _swapped_back(
    hand: np.ndarray, labelled: np.ndarray, teacher: np.ndarray, score: np.ndarray, blaze: np.ndarray, torso: np.ndarray
) -> np.ndarray:
    """Undo a hand's confusion of left and right, pair by pair, where both teachers are sure of it."""
    hand = hand.copy()
    for a, b in PAIRS:
        known = labelled[:, a] & labelled[:, b] & (score[:, a] > 0.4) & (score[:, b] > 0.4)
        straight = _apart(hand[:, a], teacher[:, a]) + _apart(hand[:, b], teacher[:, b])
        crossed = _apart(hand[:, a], teacher[:, b]) + _apart(hand[:, b], teacher[:, a])
        teachers = _apart(blaze[:, a], teacher[:, a]) + _apart(blaze[:, b], teacher[:, b])
        swap = known & (crossed < 0.5 * straight) & (straight > 0.5 * torso) & (teachers < 0.4 * torso)
        hand[swap, a], hand[swap, b] = hand[swap, b].copy(), hand[swap, a].copy()
    return hand


def _in_coco_terms(blaze: np.ndarray, teacher: np.ndarray, torso: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """Take BlazePose's offsets off, in the torso's frame. Where the torso is unsure, its answers stay."""
    up = (teacher[:, 0] + teacher[:, 1] - teacher[:, 6] - teacher[:, 7]) / 2
    up = up / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-6)
    moved = blaze.copy()
    for joint in range(12):
        outwards = teacher[:, joint] - teacher[:, joint ^ 1]
        outwards = outwards - up * (outwards * up).sum(axis=1, keepdims=True)
        outwards = outwards / np.maximum(np.linalg.norm(outwards, axis=1), 0.2 * torso)[:, None]
        along, aside = BLAZE_OFFSETS[joint // 2]
        moved[:, joint] -= np.where(sure, torso, 0)[:, None] * (up * along + outwards * aside)
    return moved


def _fused(
    teacher: np.ndarray, score: np.ndarray, steady: np.ndarray, blaze: np.ndarray, blaze_sure: np.ndarray,
    hand: np.ndarray, labelled: np.ndarray, torso: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Joints (N, 12, 2) and weights (N, 12). The first of these cases that holds decides:

    the hand with both teachers, the hand with one, the teachers with each other, MoveNet with its own answer to the mirrored
    picture, a hand that MoveNet cannot judge, MoveNet alone.
    """
    unit = torso[:, None]
    trust = {
        "hand": np.full(score.shape, HAND_WEIGHT),
        "movenet": np.clip(score, 0.05, 1) * MOVENET_WEIGHT,
        "blaze": np.clip(blaze_sure, 0.05, 1) * BLAZE_WEIGHT,
    }
    place = {"hand": hand, "movenet": teacher, "blaze": blaze}
    hand_movenet = labelled & (_apart(hand, teacher) < NEAR * unit)
    hand_blaze = labelled & (_apart(hand, blaze) < NEAR * unit)
    teachers = _apart(teacher, blaze) < NEAR * unit
    doubted = np.where(labelled, 0.6, 1.0)
    cases = [
        (hand_movenet & hand_blaze, ("hand", "movenet", "blaze"), 1.0),
        (hand_movenet, ("hand", "movenet"), 0.9),
        (hand_blaze, ("hand", "blaze"), 0.7),
        (teachers, ("movenet", "blaze"), (0.35 + 0.5 * np.minimum(score, blaze_sure)) * doubted),
        (labelled & (score < 0.3), ("hand",), 0.3),
        (steady & np.isnan(blaze[..., 0]), ("movenet",), (0.2 + 0.5 * score) * doubted),
        (np.ones(score.shape, bool), ("movenet",), 0.3 * score),
    ]
    joints, weight, open_ = np.zeros(teacher.shape), np.zeros(score.shape), np.ones(score.shape, bool)
    for holds, sources, value in cases:
        now = open_ & holds
        total = sum(trust[source] for source in sources)
        mean = sum(np.nan_to_num(place[source]) * trust[source][..., None] for source in sources) / total[..., None]
        joints[now], weight[now] = mean[now], np.broadcast_to(value, score.shape)[now]
        open_ &= ~now
    return joints, weight


def _head(coco: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Between the ears, a little towards the nose. The nose, where no ear is seen."""
    nose, left, right = coco[:, 0], coco[:, 3], coco[:, 4]
    ears = (left[:, :2] * left[:, 2:] + right[:, :2] * right[:, 2:]) / (left[:, 2:] + right[:, 2:] + 1e-6)
    seen = np.maximum(left[:, 2], right[:, 2])
    head = np.where((seen > LEAST_HEAD_SCORE)[:, None], 0.7 * ears + 0.3 * nose[:, :2], nose[:, :2])
    score = np.maximum(seen, nose[:, 2])
    return head, np.where(score > LEAST_HEAD_SCORE, 0.8 * score, 0)
