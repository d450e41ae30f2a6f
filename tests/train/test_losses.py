"""What the losses ask for."""

from __future__ import annotations

import torch
from sspnet_train.network.blocks import Prediction
from sspnet_train.network.soft_argmax import expectation, spatial_softmax
from sspnet_train.training.losses import (
    FEET_LOCATED,
    Targets,
    confidence_loss,
    elastic_net,
    inconsistent,
    located,
    missed,
    swapped,
)


def one_joint(u: float) -> Targets:
    """One person of torso 0.3 whose joints all lie at (u, ½)."""
    target = torch.full((1, 17, 3), 0.5)
    target[..., 0] = u
    return Targets(target, torch.ones(1, 17, 3), torch.ones(1, 17), torch.tensor([0.3]), torch.arange(1))


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


def two_views(weight: float = 1.0) -> Targets:
    """One person at u = 0.30 in the first view, at 0.32 in the second."""
    target = torch.full((2, 17, 3), 0.5)
    target[0, :, 0], target[1, :, 0] = 0.30, 0.32
    return Targets(target, torch.full((2, 17, 3), weight), torch.ones(2, 17), torch.full((2,), 0.3), torch.tensor([0, 0]))


def test_answers_that_err_alike_in_both_views_are_consistent_and_those_that_stay_where_they_were_are_not():
    targets, count = two_views(), torch.tensor(34.0)
    alike = targets.target + torch.tensor([0.05, -0.1, 0.2])
    assert inconsistent(alike, targets, count) < 1e-6
    stayed = targets.target[:1].repeat(2, 1, 1)
    assert abs(inconsistent(stayed, targets, count).item() - 0.02 * 17 / 34) < 1e-6
    assert inconsistent(stayed, two_views(weight=0.0), count) == 0
    assert inconsistent(stayed, targets._replace(first_view=torch.arange(2)), count) == 0


def map_around(u: float, cells: int = 16) -> torch.Tensor:
    """Logits (1, 17, cells, cells) of a narrow, heavy-tailed map around (u, ½)."""
    at = (torch.arange(cells) + 0.5) / cells
    distance2 = ((at - u) ** 2)[None] + ((at - 0.5) ** 2)[:, None]
    return (-3 * torch.log1p(distance2 * cells**2)).expand(1, 17, cells, cells)


def test_located_is_least_for_a_map_where_the_joint_is_and_leaves_out_unlabelled_ones():
    targets, right, wrong = (one_joint(0.3), *(spatial_softmax(map_around(u)) for u in (0.3, 0.7)))
    assert located(right, targets, torch.tensor(17.0)) < located(wrong, targets, torch.tensor(17.0))
    targets.weight[:] = 0
    assert located(wrong, targets, torch.tensor(17.0)) == 0


def test_located_asks_more_of_feet_whose_first_guess_is_rough():
    target = torch.full((1, 28, 3), 0.5)
    target[..., 0] = 0.3
    targets = Targets(target, torch.ones(1, 28, 3), torch.ones(1, 28), torch.tensor([0.3]), torch.arange(1))
    logits = map_around(0.7)[:, :1].repeat(1, 28, 1, 1).requires_grad_(True)
    located(spatial_softmax(logits), targets, torch.tensor(28.0)).backward()
    pulls = logits.grad[0].abs().sum(dim=(1, 2))
    torch.testing.assert_close(pulls[22:], FEET_LOCATED * pulls[:1].expand(6))


def test_located_reaches_a_joint_far_from_where_the_head_looks_and_the_expectation_hardly_does():
    targets = one_joint(0.72)
    pulls = {}
    for name in ("located", "expectation"):
        logits = map_around(0.28).clone().requires_grad_(True)
        heatmap = spatial_softmax(logits)
        pose = torch.cat([expectation(heatmap), torch.full((1, 17, 1), 0.5)], dim=2)
        count = torch.tensor(17.0)
        (located(heatmap, targets, count) if name == "located" else elastic_net(pose, targets, count)).backward()
        assert logits.grad is not None
        pulls[name] = -logits.grad[0, 0, 8, 11].item()
    assert pulls["located"] > 30 * pulls["expectation"] > 0


def test_confidence_in_a_joint_on_the_wrong_side_costs_more_than_in_one_that_is_merely_off():
    target = torch.full((1, 17, 3), 0.5)
    target[0, 1, :2], target[0, 4, :2] = torch.tensor([0.3, 0.6]), torch.tensor([0.7, 0.6])
    targets = Targets(target, torch.ones(1, 17, 3), torch.ones(1, 17), torch.tensor([0.3]), torch.arange(1))
    sides, off = target.clone(), target.clone()
    sides[0, 1, :2] = target[0, 4, :2]
    off[0, 1, :2] = torch.tensor([0.3, 1.0])
    assert swapped(sides, targets)[0].nonzero().flatten().tolist() == [1] and not swapped(off, targets).any()
    sure = torch.full((1, 17), 0.9)
    dear, cheap = (confidence_loss(Prediction(pose, sure, torch.ones(1, 17, 8, 8)), targets, "correct") for pose in (sides, off))
    assert dear > 2 * cheap


def test_joints_of_which_nobody_knows_whether_they_are_there_cost_no_confidence():
    targets, prediction = (
        one_joint(0.5),
        Prediction(torch.full((1, 17, 3), 0.5), torch.full((1, 17), 0.8), torch.ones(1, 17, 4, 4) / 16),
    )
    unknown = targets._replace(present=torch.full((1, 17), torch.nan))
    assert confidence_loss(prediction, unknown, "present") == 0
    half = targets._replace(present=torch.where(torch.arange(17) < 9, 1.0, torch.nan)[None])
    torch.testing.assert_close(confidence_loss(prediction, half, "present"), -torch.tensor(0.8).log())
