"""A network and a recipe small enough to train in a second."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sspnet_train.data.augment import Augmentation
from sspnet_train.network.model import CONFIGS, SSPNetConfig
from sspnet_train.training.recipes import RECIPES, Recipe

TINY = SSPNetConfig("tiny-test", width=8, growth=0, kernel=3, pyramids=2, entry_multiplier=0.125)
PLAIN_VIEWS = Augmentation(scale=(1.0, 1.0), rotation_deg=0.0, gain=0.0, mirror=False)


@pytest.fixture
def tiny_config(monkeypatch: pytest.MonkeyPatch) -> SSPNetConfig:
    monkeypatch.setitem(CONFIGS, TINY.name, TINY)
    return TINY


@pytest.fixture
def tiny_recipe(tiny_config: SSPNetConfig) -> Recipe:
    """A few crops of 64 px per step, plain views, the shipped recipe's optimizer."""
    return replace(
        RECIPES["edge"], name="tiny", config=tiny_config.name, batch={64: 4}, size_shares={64: 1.0}, shares={"drawn": 1.0},
        augmentation=PLAIN_VIEWS, warmup_steps=2, ema=0.9, entry_lr=1e-3,
    )  # fmt: skip
