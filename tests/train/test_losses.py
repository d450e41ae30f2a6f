"""What the losses ask for."""

from __future__ import annotations

import torch
from sspnet_train.losses import Targets, elastic_net, missed


def one_joint(u: float) -> Targets:
    """One person of torso 0.3 whose joints all lie at (u, ½)."""
    target = torch.full((1, 17, 3), 0.5)
    target[..., 0] = u
    return Targets(target, torch.ones(1, 17, 3), torch.ones(1, 17), torch.tensor([0.3]))


def mean_over_both_sides(loss, u: float) -> float:
    """The loss of answering u when the joint is at 0.3 or at 0.7, as likely as not."""
    pose = one_joint(u).target
    return sum(loss(pose, targets, torch.tensor(17.0)).item() for targets in (one_joint(0.3), one_joint(0.7))) / 2


def test_missed_prefers_either_side_to_the_middle_where_the_elastic_net_prefers_the_middle():
    assert mean_over_both_sides(missed, 0.3) < mean_over_both_sides(missed, 0.5)
    assert mean_over_both_sides(elastic_net, 0.5) < mean_over_both_sides(elastic_net, 0.3)


def test_missed_counts_the_share_of_joints_out_of_reach_and_leaves_out_unlabelled_ones():
    targets = one_joint(0.3)
    pose = targets.target.clone()
    pose[:, :4, 0] = 0.9
    assert abs(missed(pose, targets, torch.tensor(17.0)).item() - 4 / 17) < 1e-5
    targets.weight[:, :4] = 0
    assert missed(pose, targets, torch.tensor(13.0)).item() < 1e-6
