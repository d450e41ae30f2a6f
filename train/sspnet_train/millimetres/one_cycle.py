"""The rate of the networks of bodies over a run: it rises quickly, and falls to nothing along a cosine."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import OneCycleLR

RISES, RISES_LATER = 0.05, 0.06
"""Shares of a run in which the rate rises; the second where the first is one step, which PyTorch divides by zero."""


def one_cycle(optimizer: Optimizer, rate: float, steps: int) -> OneCycleLR:
    """A schedule to be stepped after each of the steps.

    Args:
        optimizer: whose rate it sets.
        rate: the highest.
        steps: of the run.
    """
    return OneCycleLR(optimizer, rate, total_steps=steps, pct_start=RISES_LATER if RISES * steps == 1 else RISES)
