"""Which batch norms learn statistics: what a recipe says of it, module by module."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sspnet_train.network.model import CONFIGS, SSPNet
from sspnet_train.training.loop import set_modes
from sspnet_train.training.recipes import RECIPES
from torch import nn


@pytest.fixture(scope="module")
def edge():
    return SSPNet(CONFIGS["edge"])


def learning(network, **said):
    """Of the parts that have batch norms: whether all of them learn, or none does (None: some)."""
    plain = {"fixed_entry_statistics": False, "fixed_statistics": False, "fresh_from": 0}
    set_modes(network, replace(RECIPES["deep"], **(plain | said)))
    second = network.second_entry
    projections = [second.to_level0, second.to_level1, second.to_level2]
    parts = {"entry": [network.entry], "second trunk": [m for m in second.children() if m not in projections]}
    parts |= {"projections": projections, "early": network.pyramids[:4], "late": network.pyramids[4:]}
    found = {}
    for name, modules in parts.items():
        modes = {norm.training for part in modules for norm in part.modules() if isinstance(norm, nn.BatchNorm2d)}
        found[name] = modes.pop() if len(modes) == 1 else None
    return found


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ({}, {"entry", "second trunk", "projections", "early", "late"}),
        ({"fixed_entry_statistics": True}, {"early", "late"}),
        ({"fixed_statistics": True}, set()),
        ({"fixed_statistics": True, "fixed_entry_statistics": True}, set()),
        ({"fresh_from": 5}, {"projections", "late"}),
        ({"fresh_from": 5, "fixed_entry_statistics": True}, {"projections", "late"}),
    ],
    ids=lambda value: "+".join(sorted(value)) or "nothing",
)
def test_a_recipe_says_which_parts_learn_statistics(edge, said, who):
    assert learning(edge, **said) == {name: name in who for name in ("entry", "second trunk", "projections", "early", "late")}
