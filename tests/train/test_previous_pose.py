"""The pose of the frame before: in the network, and as training makes it of single pictures."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from sspnet_train.network.model import CONFIGS, SSPNet, SSPNetConfig
from sspnet_train.training.frame_before import frame_before
from sspnet_train.training.grown_start import grown_start
from sspnet_train.training.losses import Targets

ALONE = replace(
    CONFIGS["edge"],
    width=16,
    pyramids=2,
    depths=(),
    second_look=(),
    second_entry=0,
    previous=False,
    previous_again=False,
    feet=(),
)
IN_VIDEO = replace(ALONE, previous=True)


def network(config: SSPNetConfig = ALONE) -> SSPNet:
    torch.manual_seed(0)
    return SSPNet(config).eval()


def poses(count: int = 3) -> torch.Tensor:
    return torch.rand(count, 28, 4, generator=torch.Generator().manual_seed(1)) * 0.6 + 0.2


def targets(count: int = 3) -> Targets:
    weight, present = torch.ones(count, 28, 3), torch.ones(count, 28)
    weight[:, 5:] = 0.0
    return Targets(poses(count)[..., :3], weight, present, torch.full((count,), 0.3), torch.arange(count))


@torch.no_grad()
def test_with_nothing_known_the_network_answers_as_before_it_took_poses():
    alone = network()
    widened = grown_start(alone, IN_VIDEO)
    with torch.no_grad():
        widened.previous.to_level0.weight.normal_()
        widened.previous.trust.weight.normal_()
    image, unknown = torch.rand(3, 3, 64, 64) * 2 - 1, poses()
    unknown[..., 3] = 0.0
    for before, after in zip(alone(image), widened(image, previous=unknown), strict=True):
        assert torch.equal(after.pose, before.pose)
    assert (widened(image, previous=poses())[-1].pose - alone(image)[-1].pose).abs().max() > 0.01


@torch.no_grad()
def test_a_trusted_pose_is_where_the_first_head_starts_and_axes_are_trusted_apart():
    block = grown_start(network(), IN_VIDEO).previous
    guess, previous = torch.rand(3, 28, 3), poses()
    block.trust.weight.zero_()
    block.trust.bias.copy_(torch.tensor([30.0, 30.0, -30.0]).repeat(28))
    started = block(guess, previous)
    torch.testing.assert_close(started[..., :2], previous[..., :2])
    torch.testing.assert_close(started[..., 2], guess[..., 2])


def test_heads_that_start_from_no_pose_take_none():
    with pytest.raises(ValueError, match="refining"):
        SSPNetConfig("tiny", previous=True)


def test_the_frame_before_is_near_the_truth_or_the_networks_own_answer_and_depends_on_the_seed_alone():
    trained, image = grown_start(network(), IN_VIDEO), torch.rand(64, 3, 64, 64) * 2 - 1
    truth = targets(64)
    made = frame_before(trained, image, truth, 1.0, (0, 7, 0))
    assert made.shape == (64, 28, 4) and torch.equal(made, frame_before(trained, image, truth, 1.0, (0, 7, 0)))
    assert not torch.equal(made, frame_before(trained, image, truth, 1.0, (0, 8, 0)))
    apart = (made[..., :2] - truth.target[..., :2])[:, :5].norm(dim=2).mean(dim=1)
    assert 8 < (apart < 0.05).sum() < 45
    from_truth = apart < 0.02
    assert from_truth.any() and (made[from_truth][:, 5:, 3] == 0).float().mean() > 0.5


def test_crops_without_a_frame_before_know_nothing():
    trained, image = grown_start(network(), IN_VIDEO), torch.rand(40, 3, 64, 64) * 2 - 1
    made = frame_before(trained, image, targets(40), 0.5, (0, 0, 0))
    known = (made[..., 3] > 0).any(dim=1)
    assert 8 < known.sum() < 32
    assert not (frame_before(trained, image, targets(40), 0.0, (0, 0, 0))[..., 3] > 0).any()


def test_second_views_know_the_same_frame_before_as_the_first():
    seen = targets()
    seen.target[2] = seen.target[0] + 0.02
    seen = seen._replace(first_view=torch.tensor([0, 1, 0]))
    before = frame_before(network(IN_VIDEO), torch.rand(3, 3, 64, 64) * 2 - 1, seen, 1.0, (0, 1))
    known = seen.weight[2, :, 0] > 0
    torch.testing.assert_close(before[2, known, :3], before[0, known, :3] + 0.02)
    assert torch.equal(before[2, ~known], before[0, ~known]) and torch.equal(before[2, :, 3], before[0, :, 3])
