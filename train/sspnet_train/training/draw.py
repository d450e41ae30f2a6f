"""Random numbers for the crops of a batch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


class Draw:
    """Random numbers for N crops."""

    def __init__(self, chance: torch.Generator, count: int, device: torch.device):
        self.chance, self.count, self.device = chance, count, device

    @classmethod
    def seeded(cls, seed: tuple[int, ...], count: int, device: torch.device) -> Draw:
        """`seed` decides everything."""
        return cls(torch.Generator().manual_seed(int(np.random.SeedSequence(seed).generate_state(1)[0])), count, device)

    def of(self, count: int) -> Draw:
        """For some of the crops, from the same sequence."""
        return Draw(self.chance, count, self.device)

    def happens(self, share: float, *more: int) -> Tensor:
        return self.uniform(*more) < share

    def uniform(self, *more: int) -> Tensor:
        return torch.rand(self.count, *more, generator=self.chance).to(self.device)

    def normal(self, *more: int) -> Tensor:
        return torch.randn(self.count, *more, generator=self.chance).to(self.device)
