"""Answers of teachers and hands become one pose with a weight for each joint."""

from __future__ import annotations

import numpy as np
from sspnet_train.labels.agreement import BLAZE_LIMBS, BLAZE_OFFSETS, Answers, agree
from sspnet_train.millimetres.lifter import LIMB_ORDER

LIMBS = list(LIMB_ORDER)
COCO = np.array([
    [100, 40], [103, 37], [97, 37], [108, 40], [92, 40], [120, 70], [80, 70], [130, 105], [70, 105], [135, 140], [65, 140],
    [112, 140], [88, 140], [114, 190], [86, 190], [115, 240], [85, 240],
], float)  # fmt: skip
"""An upright person seen from the front: left is at the larger x."""
BOX = np.array([60.0, 25, 80, 225])
TORSO = float(np.hypot(32, 70))


def answers(movenet=None, hand=None, blaze=None) -> Answers:
    movenet = np.column_stack([COCO, np.full(17, 0.9)]) if movenet is None else movenet
    hand = np.full((12, 2), np.nan) if hand is None else hand
    return Answers(BOX[None], movenet[None], movenet[None], hand[None], None if blaze is None else blaze[None])


def blazepose(limbs: np.ndarray, visibility: float = 0.9) -> np.ndarray:
    landmarks = np.column_stack([np.zeros((33, 2)), np.full(33, visibility)])
    landmarks[list(BLAZE_LIMBS), :2] = limbs
    return landmarks


def as_blazepose_sees_them() -> np.ndarray:
    """Limb joints where BlazePose puts those of `COCO` (up is -y here)."""
    outwards = np.where(np.arange(12) % 2 == 0, 1.0, -1.0)
    return COCO[5:] + TORSO * np.array([[outwards[k] * BLAZE_OFFSETS[k // 2][1], -BLAZE_OFFSETS[k // 2][0]] for k in range(12)])


def test_where_all_agree_the_joint_is_where_they_say_and_fully_trusted() -> None:
    agreed = agree(answers(hand=COCO[5:].copy(), blaze=blazepose(as_blazepose_sees_them())))
    np.testing.assert_allclose(agreed.points[0, LIMBS], COCO[5:], atol=0.3)
    np.testing.assert_array_equal(agreed.weight[0, LIMBS], 1.0)


def test_left_and_right_stay_the_persons() -> None:
    agreed = agree(answers())
    assert agreed.points[0, 11, 0] > agreed.points[0, 14, 0]
    assert agreed.points[0, 4, 0] > agreed.points[0, 1, 0]


def test_blazeposes_own_definition_of_joints_is_undone() -> None:
    agreed = agree(answers(blaze=blazepose(as_blazepose_sees_them())))
    np.testing.assert_allclose(agreed.points[0, LIMBS], COCO[5:], atol=0.3)


def test_a_hand_that_swapped_left_and_right_is_put_back_where_both_teachers_say_so() -> None:
    swapped = COCO[5:].copy()
    swapped[[10, 11]] = swapped[[11, 10]]
    swapped[10:, 0] += [-20, 20]
    movenet = np.column_stack([COCO, np.full(17, 0.9)])
    movenet[15:, 0] += [20, -20]
    swapped[10], swapped[11] = movenet[16, :2], movenet[15, :2]
    seen = movenet[5:, :2]
    agreed = agree(answers(movenet=movenet, hand=swapped, blaze=blazepose(seen)))
    np.testing.assert_allclose(agreed.points[0, LIMBS][10:], movenet[15:, :2], atol=3)
    assert (agreed.weight[0, LIMBS][10:] == 1.0).all()


def test_a_joint_that_nobody_confirms_has_a_low_weight() -> None:
    hand, blaze = np.full((12, 2), np.nan), as_blazepose_sees_them()
    blaze[4] += [0, 60]
    hand[4] = COCO[9] + [60, 0]
    agreed = agree(answers(hand=hand, blaze=blazepose(blaze)))
    assert agreed.weight[0, LIMBS][4] < 0.3 < agreed.weight[0, LIMBS][5]


def test_movenet_alone_is_trusted_less_than_two_teachers_and_less_where_its_mirrored_answer_differs() -> None:
    alone, two = agree(answers()), agree(answers(blaze=blazepose(as_blazepose_sees_them())))
    assert (alone.weight[0, LIMBS] < two.weight[0, LIMBS]).all()
    movenet = np.column_stack([COCO, np.full(17, 0.9)])
    mirrored = movenet.copy()
    mirrored[9, :2] += 40
    torn = agree(Answers(BOX[None], movenet[None], mirrored[None], np.full((1, 12, 2), np.nan)))
    assert torn.weight[0, LIMBS][4] < 0.5 * alone.weight[0, LIMBS][4]


def test_centre_joints_follow_from_the_limbs_and_the_head_from_the_ears() -> None:
    agreed = agree(answers())
    points = agreed.points[0]
    np.testing.assert_allclose(points[0], (points[1] + points[4]) / 2)
    np.testing.assert_allclose(points[8], (points[11] + points[14]) / 2)
    np.testing.assert_allclose(points[10], [100, 40], atol=1)
    assert agreed.weight[0, 10] > 0.5
