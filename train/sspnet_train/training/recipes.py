"""Named recipes: everything about a training run but its data and its length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sspnet_train.data.augment import ANY_CAMERA, GENTLE, SMALL_MACHINE, Augmentation
from sspnet_train.data.augment import PAPER as PAPER_AUGMENTATION
from sspnet_train.network.model import SSPNetConfig


@dataclass(frozen=True)
class Recipe:
    """Everything about a run but its data and its length.

    Attributes:
        name: what `--recipe` calls it.
        config: name of the network's config in `CONFIGS`.
        optimizer: which one.
        lr: rate of the pyramids.
        entry_lr: rate of the entry flow; 0 freezes it. All its weights step together, so usual rates ruin it.
        second_entry_lr: rate of the second entry's trunk, where there is one; 0 freezes it.
        batch: input size -> crops per step and rank.
        size_shares: input size -> how often it comes.
        shares: data set -> how often it comes.
        augmentation: ranges of the random views.
        confidence: what the confidence means: that the joint is "present" in the crop, or that its place is "correct".
        late_heads: weight of the last pyramid's heads against the first's, linear between.
        depth_gain: how much dearer an error in depth is than one in the picture. Few crops have a depth to learn from, and it is
            the larger part of the error in millimetres.
        hidden: how much the place of a joint out of sight counts, where a set says which those are. Nobody can know it well, and
            it is a third of the joints of rendered people.
        missed: weight of `losses.missed` beside the elastic net.
        located: weight of `losses.located` beside the elastic net.
        second_views: share of the crops that show the person of another crop of the batch in almost the same view.
        consistency: weight of `losses.inconsistent` beside the elastic net.
        previous: share of the crops that come with a pose of the frame before (`frame_before`), where the network takes one.
        weight_decay: the optimizer's.
        clip: largest gradient norm, of each trunk and of the rest apart; 0 for none.
        warmup_steps: steps over which the rate rises.
        ema: decay of the moving average of weights; 0 for none.
        plateau_patience: validations without a gain before the rate falls; 0 lets it fall along a cosine.
        decay_from: share of a run after which the rate falls to zero, where no plateau is waited for.
        fixed_entry_statistics: keep the statistics of the trunks' batch norms, because those of small batches are noise.
        fixed_statistics: keep the pyramids' too, in networks whose pyramids are trained already.
        fresh_from: pyramids from this one on, and the second entry's projections, learn their statistics; all others keep theirs.
        frozen_blocks: freeze the stem and so many first blocks of each trunk: slow to train, already good.
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
    second_entry_lr: float = 0.0
    late_heads: float = 1.0
    depth_gain: float = 1.0
    hidden: float = 1.0
    missed: float = 0.0
    located: float = 0.0
    second_views: float = 0.0
    consistency: float = 0.0
    previous: float = 0.0
    weight_decay: float = 0.0
    clip: float = 0.0
    warmup_steps: int = 0
    ema: float = 0.0
    plateau_patience: int = 0
    decay_from: float = 0.7
    fixed_entry_statistics: bool = False
    fixed_statistics: bool = False
    fresh_from: int = 0
    frozen_blocks: int = 0

    def head_weights(self, config: SSPNetConfig) -> list[float]:
        last = max(config.pyramids - 1, 1)
        return [1 + (self.late_heads - 1) * pyramid / last for pyramid in range(config.pyramids) for _ in range(config.levels)]


RECIPES = {
    "paper": Recipe(
        "paper", "paper", "rmsprop", lr=1e-3, entry_lr=1e-3, batch={256: 24}, size_shares={256: 1.0},
        shares={"people3d": 0.5, "synth3d": 0.5}, augmentation=PAPER_AUGMENTATION, plateau_patience=5,
    ),
    "edge": Recipe(
        "edge", "edge", "adamw", lr=2e-4, entry_lr=6e-6, second_entry_lr=6e-6,
        batch={128: 24, 192: 14, 256: 8}, size_shares={128: 0.2, 192: 0.3, 256: 0.5},
        shares={"people2d": 0.42, "people3d": 0.25, "synth3d": 0.3, "backgrounds": 0.03}, augmentation=SMALL_MACHINE,
        confidence="correct", late_heads=3.0, missed=0.1, located=0.02, weight_decay=1e-3, clip=0.5, warmup_steps=100,
        ema=0.997, fixed_entry_statistics=True, frozen_blocks=3,
    ),
    "settle": Recipe(
        "settle", "edge", "adamw", lr=2e-4, entry_lr=2e-5, second_entry_lr=2e-5,
        batch={128: 24, 192: 14, 256: 8}, size_shares={128: 0.35, 192: 0.25, 256: 0.4},
        shares={"people2d": 0.42, "people3d": 0.25, "synth3d": 0.3, "backgrounds": 0.03}, augmentation=SMALL_MACHINE,
        confidence="correct", late_heads=3.0, missed=0.1, located=0.02, weight_decay=1e-3, clip=0.5, warmup_steps=100,
        ema=0.997, decay_from=0.0, fixed_entry_statistics=True, fixed_statistics=True, frozen_blocks=3,
    ),
    "late": Recipe(
        "late", "edge", "adamw", lr=2.5e-4, entry_lr=0.0, second_entry_lr=0.0, fresh_from=5,
        batch={128: 20, 192: 12, 256: 8}, size_shares={128: 0.15, 192: 0.35, 256: 0.5},
        shares={"people2d": 0.42, "people3d": 0.28, "synth3d": 0.27, "backgrounds": 0.03}, augmentation=ANY_CAMERA,
        confidence="correct", late_heads=3.0, missed=0.1, located=0.02, weight_decay=1e-3, clip=0.5, warmup_steps=50,
        ema=0.995, decay_from=0.5, fixed_entry_statistics=True, frozen_blocks=3,
    ),
    "deep": Recipe(
        "deep", "edge", "adamw", lr=2.5e-4, entry_lr=1e-5, second_entry_lr=1.5e-5, fresh_from=5,
        batch={128: 20, 192: 12, 256: 8}, size_shares={128: 0.15, 192: 0.4, 256: 0.45},
        shares={"people2d": 0.31, "people3d": 0.25, "synth3d": 0.08, "rendered": 0.33, "backgrounds": 0.03},
        augmentation=ANY_CAMERA, confidence="correct", late_heads=3.0, depth_gain=2.5, missed=0.1, located=0.02,
        second_views=0.2, consistency=4.0, previous=0.35, weight_decay=1e-3, clip=0.5, warmup_steps=50, ema=0.997,
        decay_from=0.2, fixed_entry_statistics=True, frozen_blocks=10,
    ),
    "polish": Recipe(
        "polish", "edge", "adamw", lr=1.2e-4, entry_lr=6e-6, second_entry_lr=1e-5, fresh_from=5,
        batch={128: 20, 192: 12, 256: 8}, size_shares={128: 0.25, 192: 0.33, 256: 0.42},
        shares={"people2d": 0.27, "people3d": 0.29, "synth3d": 0.13, "rendered": 0.28, "backgrounds": 0.03},
        augmentation=GENTLE, confidence="correct", late_heads=3.0, depth_gain=2.5, hidden=0.35, missed=0.1, located=0.02,
        second_views=0.2, consistency=4.0, previous=0.35, weight_decay=1e-3, clip=0.5, warmup_steps=50, ema=0.997,
        decay_from=0.0, fixed_entry_statistics=True, frozen_blocks=10,
    ),
    "finetune": Recipe(
        "finetune", "edge", "adamw", lr=2e-4, entry_lr=5e-6, second_entry_lr=5e-6,
        batch={192: 8, 256: 6}, size_shares={192: 0.4, 256: 0.6},
        shares={}, augmentation=SMALL_MACHINE, confidence="correct", late_heads=3.0, missed=0.1, located=0.02, weight_decay=1e-3,
        clip=0.5, warmup_steps=50, ema=0.99, fixed_entry_statistics=True, fixed_statistics=True, frozen_blocks=3,
    ),
}  # fmt: skip

GO_ON = frozenset(RECIPES) - {"paper"}
"""Recipes under which the trunk's first blocks and statistics stay as they come: they go on from trained weights."""
