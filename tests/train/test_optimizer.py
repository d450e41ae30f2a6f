"""Which weights step and how, and their moving average."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from sspnet_train.network.model import CONFIGS, SSPNet
from sspnet_train.training.moving_average import MovingAverage
from sspnet_train.training.optimizer import build_optimizer
from sspnet_train.training.recipes import RECIPES


@pytest.fixture(scope="module")
def network():
    return SSPNet(CONFIGS["edge"])


def test_every_weight_that_is_free_steps_once_matrices_decay_and_trunks_have_rates_of_their_own(network):
    recipe = replace(RECIPES["edge"], second_entry_lr=3e-6)
    optimizer, clipped = build_optimizer(network, recipe)
    stepping = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    free = {id(parameter) for parameter in network.parameters() if parameter.requires_grad}
    assert len(stepping) == len(free) and {id(parameter) for parameter in stepping} == free
    assert sorted(map(id, (parameter for part in clipped for parameter in part))) == sorted(free)
    for group in optimizer.param_groups:
        assert {parameter.ndim > 1 for parameter in group["params"]} == {group["weight_decay"] > 0}
    rates = {id(parameter): group["base_lr"] for group in optimizer.param_groups for parameter in group["params"]}
    assert rates[id(network.entry.blocks[9].project.conv.weight)] == recipe.entry_lr
    assert rates[id(network.second_entry.blocks[9].project.conv.weight)] == 3e-6
    assert rates[id(network.entry.to_level0.conv.weight)] == rates[id(network.pyramids[7][2].head.to_heatmap.weight)] == recipe.lr


def test_the_average_follows_fast_at_first_and_slowly_in_the_end():
    layer = torch.nn.BatchNorm1d(1)
    average = MovingAverage(layer, decay=0.9)
    with torch.no_grad():
        layer.weight.fill_(2.0)
        layer.num_batches_tracked.fill_(7)
    average.update(layer, step=0)
    assert average.weights["weight"].item() == pytest.approx(0.1 * 1 + 0.9 * 2)
    assert average.weights["num_batches_tracked"].item() == 7
    before = average.weights["weight"].item()
    with torch.no_grad():
        layer.weight.fill_(12.0)
    average.update(layer, step=100_000)
    assert average.weights["weight"].item() == pytest.approx(0.9 * before + 0.1 * 12)
