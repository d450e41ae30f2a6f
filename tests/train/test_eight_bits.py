"""Weights in 8 bits, and what they answer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sspnet_train.finder.round_finder import round_finder
from sspnet_train.network.eight_bits import in_eight_bits, pointwise, rounded
from sspnet_train.network.multipose import MultiPose, MultiPoseConfig

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
        round_finder(network, pictures)
        after = network.trunk(pictures[0])[-1]
    assert all(in_eight_bits(conv.weight.numpy()) is not None for conv in pointwise(network.requires_grad_(False)))
    assert 0 < float((after - before).square().mean() / before.var()) < 0.01
