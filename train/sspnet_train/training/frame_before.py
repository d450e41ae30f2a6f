"""Poses of a frame before, made for single pictures: what a network that follows somebody in a video would be given.

Most are the network's own answer to a slightly other view of the same crop, so they err where it errs. Others are the truth with
noise. Then the person moves. Some have swapped sides, some are somebody else's, some joints are missing: a network that trusts
such a pose blindly is wrong.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sspnet_sdk.pose import JOINT_PARENTS
from sspnet_train.data.sample import FLIP_ORDER
from sspnet_train.network.model import SSPNet
from sspnet_train.training.losses import Targets

TRUTH, STILL, SWAPPED, SOMEBODY_ELSE, MISSING = 0.45, 0.35, 0.25, 0.06, 0.08
"""Shares: of poses that are the truth with noise, people who hardly move, swapped sides, others' poses, joints that are lost."""
SLOWEST, FASTEST = -2.6, -1.4
"""Of a joint against its parent, in shares of the crop, as powers of ten."""
NOISE, CAMERA_SHIFT, CAMERA_SCALE, CAMERA_TURN = 0.006, 0.03, 0.05, 0.07
LEGS = (1, 2, 3, 4, 5, 6, 22, 23, 24, 25, 26, 27)


@torch.no_grad()
def frame_before(network: SSPNet, image: Tensor, targets: Targets, share: float, seed: tuple[int, ...]) -> Tensor:
    """(N, J, 4) u, v, z, confidence of the same people a moment ago.

    Args:
        network: gives its own answers, in eval mode.
        image: (N, 3, H, W) in [-1, 1].
        targets: where the joints are.
        share: of the crops that have a frame before; the others' confidence is 0.
        seed: decides everything.
    """
    chance = torch.Generator().manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0]))
    draw = _Draw(chance, len(image), image.device)
    lot = draw.uniform()
    truth, own = lot < share * TRUTH, (lot >= share * TRUTH) & (lot < share)
    poses = _noisy_truth(targets, draw) * truth[:, None, None]
    if own.any():
        poses[own] = _own_answers(network, image[own], _Draw(chance, int(own.sum()), image.device))
    poses[..., :3] += _motion(poses.shape[1], draw)
    return _seen_by_both(_gone_wrong(poses, draw), targets)


class _Draw:
    """Random numbers for N crops."""

    def __init__(self, chance: torch.Generator, count: int, device: torch.device):
        self.chance, self.count, self.device = chance, count, device

    def happens(self, share: float, *more: int) -> Tensor:
        return self.uniform(*more) < share

    def uniform(self, *more: int) -> Tensor:
        return torch.rand(self.count, *more, generator=self.chance).to(self.device)

    def normal(self, *more: int) -> Tensor:
        return torch.randn(self.count, *more, generator=self.chance).to(self.device)


def _own_answers(network: SSPNet, image: Tensor, draw: _Draw) -> Tensor:
    """What the first two pyramids say of the crops seen a little from the side, in other light, with noise."""
    turn, scale = CAMERA_TURN * draw.normal(), 1 + CAMERA_SCALE * draw.normal()
    cosine, sine, shift = scale * turn.cos(), scale * turn.sin(), 2 * CAMERA_SHIFT * draw.normal(2)
    theta = torch.stack([torch.stack([cosine, -sine, shift[:, 0]], 1), torch.stack([sine, cosine, shift[:, 1]], 1)], 1)
    grid = F.affine_grid(theta, list(image.shape), align_corners=False)
    view = F.grid_sample(image, grid, align_corners=False)
    light = 1 + 0.1 * draw.normal(1, 1, 1), 0.05 * draw.normal(1, 1, 1)
    view = view * light[0] + light[1] + 0.03 * torch.randn(view.shape, generator=draw.chance).to(view.device)
    answer = network(view.clamp(-1, 1), cut=2)[-1]
    there = 2 * answer.pose[..., :2].float() - 1
    here = there @ theta[:, :, :2].transpose(1, 2) + theta[:, None, :, 2]
    return torch.cat([(here + 1) / 2, answer.pose[..., 2:].float(), answer.confidence[..., None].float()], dim=2)


def _noisy_truth(targets: Targets, draw: _Draw) -> Tensor:
    """The truth, with a confidence that suits it; 0 where it is not known."""
    place = torch.where(targets.weight > 0, targets.target + NOISE * draw.normal(*targets.target.shape[1:]), 0.5)
    sure = (targets.weight[..., 0] > 0) * (0.5 + 0.5 * draw.uniform(place.shape[1]))
    return torch.cat([place, sure[..., None]], dim=2)


def _motion(joints: int, draw: _Draw) -> Tensor:
    """(N, J, 3): how far joints came since: each against its parent, so hands and feet go furthest."""
    speed = 10 ** (SLOWEST + (FASTEST - SLOWEST) * draw.uniform(1, 1)) * ~draw.happens(STILL, 1, 1)
    steps = draw.normal(joints, 3)
    moved: list[Tensor] = []
    for joint in range(joints):
        parent = JOINT_PARENTS[joint]
        moved.append(steps[:, joint] if parent < 0 else moved[parent] + steps[:, joint])
    return torch.stack(moved, dim=1) * speed


def _gone_wrong(poses: Tensor, draw: _Draw) -> Tensor:
    order = list(FLIP_ORDER[: poses.shape[1]])
    legs = [order[joint] if joint in LEGS else joint for joint in range(poses.shape[1])]
    mirrored, crossed = draw.happens(SWAPPED / 2, 1, 1), draw.happens(SWAPPED / 2, 1, 1)
    poses = torch.where(mirrored, poses[:, order], torch.where(crossed, poses[:, legs], poses))
    poses = torch.where(draw.happens(SOMEBODY_ELSE, 1, 1), poses.roll(1, 0), poses)
    confidence = poses[..., 3] * ~draw.happens(MISSING, poses.shape[1])
    return torch.cat([poses[..., :3], confidence[..., None]], dim=2)


def _seen_by_both(poses: Tensor, targets: Targets) -> Tensor:
    """Second views get the pose that the first view has, where the nudge moves it."""
    first = targets.first_view
    nudged = (targets.target - targets.target[first]) * (targets.weight > 0)
    return torch.cat([poses[first][..., :3] + nudged, poses[first][..., 3:]], dim=2)
