"""From a cut's answer to millimetres."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sspnet_train.data.sample import BODY_PARENTS, CANONICAL_BONES_MM, FLIP_ORDER
from sspnet_train.millimetres.pose_lift import NEXT_TO, PoseLift

LENGTHS = {**CANONICAL_BONES_MM, 7: 230.0, 8: 250.0, 9: 110.0, 10: 120.0, 11: 150.0, 14: 150.0}


def walking() -> np.ndarray:
    """(17, 3) mm from the pelvis: somebody of the canonical size in mid-stride, arms swinging."""
    ways = {
        1: (-1, 0, 0), 2: (0, 0.92, -0.39), 3: (0, 0.97, 0.24), 4: (1, 0, 0), 5: (0, 0.94, 0.34), 6: (0, 0.87, 0.5),
        7: (0, -1, 0), 8: (0, -1, 0), 9: (0, -1, -0.1), 10: (0, -1, 0), 11: (1, 0, 0), 12: (0.1, 0.95, -0.3),
        13: (0, 0.8, -0.6), 14: (-1, 0, 0), 15: (-0.1, 0.95, 0.3), 16: (0, 1, 0),
    }  # fmt: skip
    joints = np.zeros((17, 3))
    for joint, way in ways.items():
        joints[joint] = joints[BODY_PARENTS[joint]] + LENGTHS[joint] * np.array(way) / np.linalg.norm(way)
    return joints


def answer(joints: np.ndarray, confidence: float = 0.9) -> torch.Tensor:
    """What a perfect network says of somebody 2 m tall in the crop, seen from far away. -> (1, 17, 4)."""
    uv = joints[:, :2] / 2400 + 0.5
    return torch.tensor(np.concatenate([uv, joints[:, 2:] / 2000 + 0.5, np.full((17, 1), confidence)], axis=1)[None]).float()


@torch.no_grad()
def test_true_depths_and_a_known_size_give_true_millimetres():
    found = PoseLift(0.0)(answer(walking()))
    assert np.abs(found[0].numpy() - walking()).max() < 1.0


@torch.no_grad()
def test_without_any_depth_the_lifting_network_still_knows_how_people_walk():
    flat = answer(walking())
    flat[..., 2] = 0.5
    found = PoseLift(1.0).eval()(flat)[0].numpy()
    assert np.linalg.norm(found - walking(), axis=1).mean() < 130
    assert found[2, 2] < found[5, 2], "the right knee is in front"


@torch.no_grad()
def test_the_mirror_image_of_a_pose_has_the_mirror_image_of_its_joints():
    body = answer(walking())
    pose = torch.cat([body, body[:, list(NEXT_TO.values())] + torch.linspace(0, 0.03, 11)[:, None]], dim=1)
    mirrored = pose[:, list(FLIP_ORDER)] * torch.tensor([-1.0, 1, 1, 1]) + torch.tensor([1.0, 0, 0, 0])
    lift = PoseLift(0.7).eval()
    torch.nn.init.normal_(lift.fusion.beside.weight, std=0.05)
    expected = lift(pose)[:, list(FLIP_ORDER)] * torch.tensor([-1.0, 1, 1])
    torch.testing.assert_close(lift(mirrored), expected, atol=0.05, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("believed", [0, 5])
def test_few_joints_that_are_believed_in_do_not_make_nonsense(believed):
    pose = answer(walking(), confidence=0.05)
    pose[:, :believed, 3] = 0.9
    found = PoseLift(0.7).eval()(pose)[0].numpy()
    assert np.isfinite(found).all() and np.abs(found).max() < 1500


def test_a_toe_never_lies_further_from_the_ankle_than_a_foot_is_long():
    pose = torch.rand(6, 28, 4, generator=torch.Generator().manual_seed(0))
    joints = PoseLift(0.9)(pose)
    assert joints.shape == (6, 28, 3)
    for joint, near in NEXT_TO.items():
        assert (joints[:, joint] - joints[:, near]).norm(dim=1).max() < 251
