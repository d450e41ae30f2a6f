"""Weights in 8 bits, and what they answer."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn_people import drawn_people, write_synth3d
from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint
from sspnet_train.network.eight_bits import in_eight_bits, pointwise, rounded
from sspnet_train.network.model import SSPNet, SSPNetConfig
from sspnet_train.network.multipose import MultiPose, MultiPoseConfig
from sspnet_train.network.round_weights import round_weights
from sspnet_train.training import round_network
from sspnet_train.training.batches import Batches

SMALL = MultiPoseConfig(8, (8, 8, 8, 8, 8, 8, 12, 12, 12, 12, 16, 16, 16, 16, 16, 16, 24), 32, (16, 12, 8, 8), 16)


@pytest.fixture
def weight():
    torch.manual_seed(0)
    return torch.randn(20, 64) * torch.logspace(-4, 1, 20)[:, None]


@pytest.fixture
def products():
    """Of inputs that vary together."""
    torch.manual_seed(1)
    inputs = (torch.randn(1000, 16) @ torch.randn(16, 64) + 0.1 * torch.randn(1000, 64)).double()
    return inputs.T @ inputs / len(inputs)


def test_a_rounded_weight_is_in_eight_bits_and_an_fp16_number(weight, products):
    found = rounded(weight, products)
    assert torch.equal(found.half().float(), found) and in_eight_bits(weight.half().numpy()) is None
    assert not torch.signbit(found[found == 0]).any(), "a zero that comes back from int8 has the same bits"
    numbers, steps = in_eight_bits(found.numpy())
    assert numbers.dtype == np.int8 and np.array_equal(numbers * steps[:, None], found.numpy())
    assert ((found - weight).abs().amax(dim=1) <= 0.51 * weight.abs().amax(dim=1)).all()


def test_what_rounding_changes_is_made_good_where_inputs_vary_together(weight, products):
    def error(found):
        off = (found - weight).double()
        return ((off @ products) * off).sum(dim=1) / ((weight.double() @ products) * weight.double()).sum(dim=1)

    alone = error(rounded(weight, torch.eye(64, dtype=torch.float64)))
    made_good = error(rounded(weight, products))
    assert (made_good < alone).all() and made_good.mean() < 0.15 * alone.mean() and alone.max() < 1e-3


@pytest.mark.parametrize(
    "weight, expected",
    [
        ([[0.5, -63.5], [0.0, 0.0]], ([[1, -127], [0, 0]], [0.5, 2.0**-24])),
        ([[3.0, 6.0, -9.0]], ([[1, 2, -3]], [3.0])),
        ([[1.0, 128.0]], None),
        ([[1.0, 1e-30]], None),
    ],
)
def test_whole_numbers_and_steps_are_found_exactly_or_not_at_all(weight, expected):
    found = in_eight_bits(np.array(weight, np.float32))
    assert (found is None) == (expected is None)
    if found is not None and expected is not None:
        assert found[0].tolist() == expected[0] and found[1].tolist() == expected[1]


def test_a_rounded_finder_says_what_it_said():
    torch.manual_seed(0)
    network = MultiPose(SMALL)
    pictures = [torch.nn.functional.interpolate(torch.rand(4, 3, 16, 16) * 2 - 1, size=(128, 128)) for _ in range(3)]
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
        network(torch.cat(pictures))
        before = network.eval().trunk(pictures[0])[-1]
        round_weights(network, [(picture,) for picture in pictures])
        after = network.trunk(pictures[0])[-1]
    assert all(in_eight_bits(conv.weight.numpy()) is not None for conv in pointwise(network.requires_grad_(False)))
    assert 0 < float((after - before).square().mean() / before.var()) < 0.01


ALONE = SSPNetConfig("alone", entry="movenet", heads="refining", merge="weighted", width=16, growth=0, kernel=3, pyramids=2)
FOLLOWS = replace(ALONE, name="follows", previous=True)


@pytest.mark.parametrize("config", [ALONE, FOLLOWS])
def test_a_network_that_follows_people_is_shown_the_frame_before(config, tiny_recipe):
    network = SSPNet(config).eval()
    recipe = replace(tiny_recipe, previous=0.5)
    batches = Batches(recipe, {"drawn": drawn_people(4)}, steps=3, seed=0, joints=config.joints)
    shown = list(round_network.seen(network, batches))
    assert len(shown) == 3 and all(torch.equal(image, batches[step][0]) for step, (image, _, _) in enumerate(shown))
    if config.previous:
        assert any(bool((previous[..., 3] > 0).any()) for _, _, previous in shown if previous is not None)
    else:
        assert all(previous is None for _, _, previous in shown)


def test_the_command_writes_a_checkpoint_in_eight_bits_that_answers_as_before(tiny_config, tmp_path, monkeypatch):
    torch.manual_seed(0)
    bodies = {"answer": torch.rand(3)}
    save_checkpoint(tmp_path / "c.safetensors", tiny_config, SSPNet(tiny_config).state_dict(), {"crops": "8"}, bodies)
    data = write_synth3d(tmp_path / "synth3d", 6)
    given = f"{tmp_path / 'c.safetensors'} --data synth3d={data} --batches 2 --out {tmp_path / 'rounded.safetensors'}"
    monkeypatch.setattr(sys, "argv", ["round_network", *given.split()])
    round_network.main()
    before, after = load_network(tmp_path / "c.safetensors"), load_network(tmp_path / "rounded.safetensors")
    assert all(in_eight_bits(conv.weight.detach().numpy()) is not None for conv in pointwise(after))
    assert not all(torch.equal(a.weight, b.weight) for a, b in zip(pointwise(before), pointwise(after), strict=True))
    assert torch.equal(after.bodies["answer"], before.bodies["answer"])
    assert read_checkpoint(tmp_path / "rounded.safetensors")[2]["crops"] == "8"
    image = torch.rand(2, 3, 128, 128) * 2 - 1
    with torch.no_grad():
        off = (after(image)[-1].pose - before(image)[-1].pose).abs()
    assert 0 < float(off.mean()) < 5e-3
