"""Batches that depend on nothing but the seed, the step and the rank: a resumed run sees exactly what an uninterrupted one would."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from .augment import Crop, make_crop
from .data.sample import SampleSource
from .losses import Targets
from .recipes import Recipe

MAX_PASTED = 2


class Batches(Dataset):
    """`batches[step]` -> image (N, 3, S, S) in [-1, 1], `Targets`. One input size per step, the same on every rank."""

    def __init__(self, recipe: Recipe, sources: dict[str, SampleSource], steps: int, seed: int = 0, rank: int = 0):
        missing = set(recipe.shares) - set(sources)
        if missing:
            raise ValueError(f"recipe {recipe.name!r} needs the data sets {sorted(recipe.shares)}; missing: {sorted(missing)}")
        self.recipe, self.sources, self.steps, self.seed, self.rank = recipe, sources, steps, seed, rank
        self.names = sorted(recipe.shares)
        shares = np.array([recipe.shares[name] for name in self.names])
        self.shares = shares / shares.sum()

    def __len__(self) -> int:
        return self.steps

    def size_at(self, step: int) -> int:
        sizes = sorted(self.recipe.size_shares)
        shares = np.array([self.recipe.size_shares[size] for size in sizes])
        return int(np.random.default_rng((self.seed, step)).choice(sizes, p=shares / shares.sum()))

    def __getitem__(self, step: int) -> tuple[Tensor, Targets]:
        size = self.size_at(step)
        rng = np.random.default_rng((self.seed, step, self.rank, 1))
        crops = [self._crop(size, rng) for _ in range(self.recipe.batch[size])]
        image = torch.from_numpy(np.stack([crop.image for crop in crops])).permute(0, 3, 1, 2).float() / 127.5 - 1
        return image, Targets(
            torch.from_numpy(np.stack([crop.target for crop in crops])),
            torch.from_numpy(np.stack([crop.weight for crop in crops])),
            torch.from_numpy(np.stack([crop.present for crop in crops])),
            torch.tensor([crop.torso for crop in crops]),
        )

    def _crop(self, size: int, rng: np.random.Generator) -> Crop:
        sample, others = self._draw(rng), []
        if rng.random() < self.recipe.augmentation.paste:
            others = [self._draw(rng) for _ in range(int(rng.integers(1, MAX_PASTED + 1)))]
        return make_crop(sample, size, self.recipe.augmentation, rng, others)

    def _draw(self, rng: np.random.Generator):
        source = self.sources[self.names[int(rng.choice(len(self.names), p=self.shares))]]
        return source[int(rng.integers(len(source)))]
