"""The network: shapes, heads, cuts, gradients, size."""

from __future__ import annotations

import pytest
import torch
from sspnet_train.network.macs import count_macs
from sspnet_train.network.model import CONFIGS, SSPNet, SSPNetConfig

NARROW = SSPNetConfig("narrow", width=16, growth=8, kernel=5, entry_multiplier=0.125, depths=(2,) * 8)
GUIDED = SSPNetConfig(
    "guided", entry="movenet", heads="refining", merge="weighted", width=16, growth=0, kernel=3, second_look=(4,), pyramids=4
)


@pytest.mark.parametrize("size", [128, 192])
def test_all_24_heads_answer_at_their_own_scale(size):
    network = SSPNet(NARROW).eval()
    with torch.no_grad():
        predictions = network(torch.randn(1, 3, size, size))
    strides = [16, 32, 64, 32, 16, 8] * 4
    assert [tuple(p.heatmap.shape) for p in predictions] == [(1, 17, size // s, size // s) for s in strides]
    for prediction in predictions:
        assert prediction.pose.shape == (1, 17, 3) and prediction.confidence.shape == (1, 17)
        assert (prediction.pose >= 0).all() and (prediction.pose <= 1).all()
        assert (prediction.confidence > 0).all() and (prediction.confidence < 1.0001).all()
        torch.testing.assert_close(prediction.heatmap.sum(dim=(2, 3)), torch.ones(1, 17))


@pytest.mark.parametrize("config", [NARROW, GUIDED], ids=["absolute", "refining"])
def test_a_cut_network_answers_as_the_whole_one_does_at_that_head(config):
    network = SSPNet(config).eval()
    wake(network)
    image = torch.randn(1, 3, 128, 128)
    with torch.no_grad():
        whole = network(image)
        for cut in range(1, config.pyramids + 1):
            last = network(image, cut)[-1]
            same = whole[cut * config.levels - 1]
            assert torch.equal(last.pose, same.pose) and torch.equal(last.confidence, same.confidence)


@pytest.mark.parametrize("config", [NARROW, GUIDED], ids=["absolute", "refining"])
def test_gradients_reach_every_parameter(config):
    torch.manual_seed(0)
    network = SSPNet(config).train()
    wake(network)
    predictions = network(torch.randn(2, 3, 128, 128))
    loss = sum((p.pose - 0.3).square().sum() + p.confidence.sum() for p in predictions)
    loss.backward()
    dead = {name for name, parameter in network.named_parameters() if parameter.grad is None or not parameter.grad.any()}
    assert dead == without_effect(network)


def wake(network: SSPNet) -> None:
    """Move what starts at zero, so that every path carries something."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if not parameter.any() and "entry" not in name:
                parameter.normal_(std=0.1)


def without_effect(network: SSPNet) -> set[str]:
    """What lies behind the last head; of a refining network also the share of a depth that nothing has guessed yet, and the
    weights that join a level with nothing."""
    config = network.config
    idle = {f"pyramids.{config.pyramids - 1}.{config.levels - 1}.head.from_{what}.weight" for what in ("heatmap", "depth")}
    return idle | ({"pyramids.0.0.head.depth_carry", "pyramids.0.2.merge"} if config.heads == "refining" else set())


def test_the_first_pose_trains_through_its_own_loss():
    network = SSPNet(GUIDED).train()
    entry = network.entry(torch.randn(1, 3, 64, 64))
    (entry.pose - 0.3).square().sum().backward()
    for name, parameter in network.entry.named_parameters():
        if name.startswith(("regression", "centre", "heatmaps", "decoding", "stem")):
            assert parameter.grad is not None and parameter.grad.any(), name


def test_a_refining_network_starts_by_repeating_its_first_pose():
    network = SSPNet(GUIDED).eval()
    image = torch.randn(2, 3, 128, 128)
    with torch.no_grad():
        first = network.entry(image).pose
        predictions = network(image)
    assert len(predictions) == 12
    for prediction in predictions:
        torch.testing.assert_close(prediction.pose[..., :2], first, atol=2e-6, rtol=0)
        torch.testing.assert_close(prediction.pose[..., 2], torch.full((2, 17), 0.5), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("growth", "depths", "parameters", "macs"),
    [(0, (2,) * 8, 14.3e6, 9.2e9), (96, (2,) * 8, 31.6e6, 11.7e9)],
)
def test_the_paper_config_has_the_papers_size(growth, depths, parameters, macs):
    config = SSPNetConfig("paper", growth=growth, depths=depths)
    assert config.to_dict() == {**CONFIGS["paper"].to_dict(), "growth": growth}
    with torch.device("meta"):
        counted = count_macs(SSPNet(config), 256)
    assert counted == pytest.approx((parameters, macs), rel=0.01)


def test_the_edge_config_makes_late_cuts_dearer_and_the_early_ones_light():
    with torch.device("meta"):
        network = SSPNet(CONFIGS["edge"])
        two, four, eight = (count_macs(network, 256, cut)[1] for cut in (2, 4, 8))
    assert two < four < 0.7e9 and 2 * four < eight < 2.2e9


def test_impossible_configs_are_refused():
    with pytest.raises(ValueError, match="even"):
        SSPNetConfig("odd", pyramids=3)
    with pytest.raises(ValueError, match="first pose"):
        SSPNetConfig("blind", heads="refining")
    with pytest.raises(ValueError, match="one number per pyramid"):
        SSPNetConfig("short", depths=(1, 2))
