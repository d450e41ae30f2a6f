"""How the learning rate goes over a run: it rises, stays, and falls along a half cosine or on plateaus."""

from __future__ import annotations

import math
from dataclasses import dataclass


def rate_at(step: int, steps: int, warmup_steps: int, decay_from: int | None) -> float:
    """Share of the full rate at a step.

    Args:
        step: counts from 0.
        steps: of the run.
        warmup_steps: steps over which the rate rises.
        decay_from: step from which it falls to zero along a half cosine, or None for never.
    """
    rate = min(1.0, (step + 1) / max(warmup_steps, 1))
    if decay_from is None or step < decay_from:
        return rate
    progress = (step - decay_from) / max(steps - decay_from, 1)
    return rate * 0.5 * (1 + math.cos(math.pi * progress))


@dataclass
class Plateau:
    """Divides the rate by 10 when the error has not fallen for `patience` validations. 0 means never."""

    patience: int
    rate: float = 1.0
    best: float = float("inf")
    waited: int = 0

    def observe(self, error: float) -> None:
        if error < self.best:
            self.best, self.waited = error, 0
            return
        self.waited += 1
        if self.patience and self.waited >= self.patience:
            self.rate, self.waited = self.rate / 10, 0
