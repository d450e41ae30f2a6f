"""Batches that depend on the seed and the step alone. So a resumed run sees exactly what an uninterrupted one would.

A global batch is the ranks' batches one after the other. Its crop i is the same, whether one process makes all of them or several
share. Only second views are of crops of the same rank.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from sspnet_train.data.augment import Example, make_example
from sspnet_train.data.crop import view_matrix
from sspnet_train.data.sample import JOINTS, Sample, SampleSource
from sspnet_train.errors import TrainingOptionError
from sspnet_train.network.network_input import network_input
from sspnet_train.training.losses import Targets
from sspnet_train.training.recipes import Recipe

MAX_PASTED = 2
NUDGE_SHIFT, NUDGE_SCALE, NUDGE_DEG = 0.012, 0.015, 1.0
"""Spread of a second view against the first: shares of the crop, and degrees. Boxes shake so much from frame to frame."""


class Batches(Dataset):
    """`batches[step]` -> image (N, 3, S, S) in [-1, 1], `Targets`. One input size per step, the same on every rank.

    `joints` says how many of our 28 the network has: the first so many.
    """

    def __init__(
        self,
        recipe: Recipe,
        sources: dict[str, SampleSource],
        steps: int,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        joints: int = JOINTS,
    ):
        missing = set(recipe.shares) - set(sources)
        if missing:
            raise TrainingOptionError(
                f"recipe {recipe.name!r} needs the data sets {sorted(recipe.shares)}; missing: {sorted(missing)}"
            )
        self.recipe, self.sources, self.steps, self.seed, self.rank, self.joints = recipe, sources, steps, seed, rank, joints
        self.dear = torch.tensor([1.0, 1.0, recipe.depth_gain])
        self.names = sorted(recipe.shares)
        shares = np.array([recipe.shares[name] for name in self.names])
        self.shares = shares / shares.sum()
        mean_batch = sum(share * recipe.batch[size] for size, share in recipe.size_shares.items()) / sum(
            recipe.size_shares.values()
        )
        self.drawn_per_step = dict(zip(self.names, self.shares * mean_batch * world, strict=True))

    def __len__(self) -> int:
        return self.steps

    def size_at(self, step: int) -> int:
        sizes = sorted(self.recipe.size_shares)
        shares = np.array([self.recipe.size_shares[size] for size in sizes])
        return int(np.random.default_rng((self.seed, step)).choice(sizes, p=shares / shares.sum()))

    def __getitem__(self, step: int) -> tuple[Tensor, Targets]:
        size = self.size_at(step)
        count = self.recipe.batch[size]
        first_view = self._first_views(count)
        crops = [self._crop(size, step, self.rank * count + first, second=first != i) for i, first in enumerate(first_view)]
        image = network_input([crop.image for crop in crops])
        return image, Targets(
            torch.from_numpy(np.stack([crop.target[: self.joints] for crop in crops])),
            torch.from_numpy(np.stack([self._trust(crop)[: self.joints] for crop in crops])) * self.dear,
            torch.from_numpy(np.stack([crop.present[: self.joints] for crop in crops])),
            torch.tensor([crop.torso for crop in crops]),
            torch.tensor(first_view),
        )

    def _trust(self, crop: Example) -> np.ndarray:
        """The weights (J, 3) of a crop's labels. Places out of sight count `recipe.hidden` times, depths always."""
        places = np.where(crop.visible, 1.0, self.recipe.hidden).astype(np.float32)
        return crop.weight * np.stack([places, places, np.ones_like(places)], axis=1)

    def _first_views(self, count: int) -> list[int]:
        """Of each crop of a batch: the last ones are second views of the first ones."""
        first_only = count - int(self.recipe.second_views * count)
        return [*range(first_only), *range(count - first_only)]

    def _crop(self, size: int, step: int, place: int, second: bool = False) -> Example:
        rng = np.random.default_rng((self.seed, step, place, 1))
        sample, others = self._draw(rng, step), []
        if rng.random() < self.recipe.augmentation.paste:
            others = [self._draw(rng, step) for _ in range(int(rng.integers(1, MAX_PASTED + 1)))]
        nudge = _nudge(size, np.random.default_rng((self.seed, step, place, 2))) if second else None
        return make_example(sample, size, self.recipe.augmentation, rng, others, nudge)

    def _draw(self, rng: np.random.Generator, step: int) -> Sample:
        name = self.names[int(rng.choice(len(self.names), p=self.shares))]
        return self.sources[name].draw(rng, int(step * self.drawn_per_step[name]))


def _nudge(size: int, rng: np.random.Generator) -> np.ndarray:
    """Affine (3, 3) from a crop to one a moment later, pixels."""
    middle = size * (0.5 + NUDGE_SHIFT * rng.normal(size=2))
    side = size * float(np.exp(NUDGE_SCALE * rng.normal()))
    return np.vstack([view_matrix(middle, side, size, NUDGE_DEG * rng.normal()), [0, 0, 1]])
