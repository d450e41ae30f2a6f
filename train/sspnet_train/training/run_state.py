"""What a training run needs to go on after a kill: weights, their moving average, optimizer, step."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from sspnet_train.whole_file import whole_file


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


def save_state(path: Path, state: dict[str, object]) -> None:
    """Write in one step: a kill leaves the old file whole."""
    with whole_file(path) as partial, partial.open("wb") as file:
        torch.save(state, file)


def load_state(path: Path) -> dict[str, object]:
    return torch.load(path, map_location="cpu", weights_only=True)
