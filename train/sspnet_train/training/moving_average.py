"""The moving average of a network's weights, which is what a run gives in the end."""

from __future__ import annotations

import torch
from torch import nn


class MovingAverage:
    """Exponential moving average of weights and batch-norm statistics."""

    def __init__(self, network: nn.Module, decay: float):
        self.decay = decay
        self.weights = {key: value.detach().clone() for key, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        for key, value in network.state_dict().items():
            if value.is_floating_point():
                self.weights[key].lerp_(value, 1 - decay)
            else:
                self.weights[key].copy_(value)
