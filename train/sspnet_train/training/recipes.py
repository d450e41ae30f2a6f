"""Named recipes: everything about a training run but its data and its length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sspnet_train.data.augment import PAPER as PAPER_AUGMENTATION
from sspnet_train.data.augment import SMALL_MACHINE, Augmentation
from sspnet_train.network.model import SSPNetConfig


@dataclass(frozen=True)
class Recipe:
    """Everything but data and length.

    entry_lr: the entry flow's own rate (0 freezes it): all its weights step together, so rates that are usual elsewhere ruin it.
    fixed_entry_statistics: the entry flow's batch norms keep their statistics: in small batches those of the batch are noise;
    fixed_statistics: those of the pyramids too, for networks whose pyramids are trained already.
    batch: crops per step and rank by input size, with `size_shares` saying how often each size comes.
    shares: how often each data set comes; clip: largest gradient norm, entry and pyramids apart; late_heads: weight of the last
    pyramid's heads against the first's (linear between); missed, located: weights of `losses.missed` and
    `losses.located` beside the elastic net; decay_from: share of a run after which the rate falls to zero, unless it waits for
    plateaus; frozen_stem: the entry's blocks at strides 2 and 4 keep their weights, which cost most of its time and are good at
    what they do.
    """

    name: str
    config: str
    optimizer: Literal["rmsprop", "adamw"]
    lr: float
    entry_lr: float
    batch: dict[int, int]
    size_shares: dict[int, float]
    shares: dict[str, float]
    augmentation: Augmentation
    confidence: Literal["present", "correct"] = "present"
    late_heads: float = 1.0
    missed: float = 0.0
    located: float = 0.0
    weight_decay: float = 0.0
    clip: float = 0.0
    warmup_steps: int = 0
    ema: float = 0.0
    plateau_patience: int = 0
    decay_from: float = 0.7
    fixed_entry_statistics: bool = False
    fixed_statistics: bool = False
    frozen_stem: bool = False

    def head_weights(self, config: SSPNetConfig) -> list[float]:
        last = max(config.pyramids - 1, 1)
        return [1 + (self.late_heads - 1) * pyramid / last for pyramid in range(config.pyramids) for _ in range(config.levels)]


RECIPES = {
    "paper": Recipe(
        "paper", "paper", "rmsprop", lr=1e-3, entry_lr=1e-3, batch={256: 24}, size_shares={256: 1.0},
        shares={"people3d": 0.5, "synth3d": 0.5}, augmentation=PAPER_AUGMENTATION, plateau_patience=5,
    ),
    "edge": Recipe(
        "edge", "edge", "adamw", lr=2e-4, entry_lr=6e-6,
        batch={128: 24, 192: 14, 256: 8}, size_shares={128: 0.2, 192: 0.3, 256: 0.5},
        shares={"people3d": 0.55, "synth3d": 0.41, "backgrounds": 0.04}, augmentation=SMALL_MACHINE,
        confidence="correct", late_heads=3.0, missed=0.1, located=0.02, weight_decay=1e-3, clip=0.5, warmup_steps=100,
        ema=0.997, fixed_entry_statistics=True, frozen_stem=True,
    ),
    "settle": Recipe(
        "settle", "edge", "adamw", lr=2e-4, entry_lr=2e-5,
        batch={128: 24, 192: 14, 256: 8}, size_shares={128: 0.35, 192: 0.25, 256: 0.4},
        shares={"people3d": 0.55, "synth3d": 0.41, "backgrounds": 0.04}, augmentation=SMALL_MACHINE,
        confidence="correct", late_heads=3.0, missed=0.1, located=0.02, weight_decay=1e-3, clip=0.5, warmup_steps=100,
        ema=0.997, decay_from=0.0, fixed_entry_statistics=True, fixed_statistics=True, frozen_stem=True,
    ),
    "finetune": Recipe(
        "finetune", "edge", "adamw", lr=2e-4, entry_lr=5e-6, batch={192: 8, 256: 6}, size_shares={192: 0.4, 256: 0.6},
        shares={}, augmentation=SMALL_MACHINE, confidence="correct", late_heads=3.0, missed=0.1, located=0.02, weight_decay=1e-3,
        clip=0.5, warmup_steps=50, ema=0.99, fixed_entry_statistics=True, fixed_statistics=True, frozen_stem=True,
    ),
}  # fmt: skip
