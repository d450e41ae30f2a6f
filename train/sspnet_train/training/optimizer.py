"""The optimizer of a recipe, and the rate's fall on a plateau."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from sspnet_train.network.model import SSPNet
from sspnet_train.training.recipes import Recipe

STEM = ("stem.", "blocks.0.", "blocks.1.", "blocks.2.")


@dataclass
class Plateau:
    """Divide the rate by 10 when the error has not fallen for `patience` validations (0: never)."""

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


def build_optimizer(network: SSPNet, recipe: Recipe) -> tuple[torch.optim.Optimizer, list[list[nn.Parameter]]]:
    """-> optimizer, and the parameters of entry flow and pyramids apart (their gradients are clipped apart)."""
    entry = [p for name, p in network.entry.named_parameters() if not name.startswith("to_level")]
    of_entry = {id(p) for p in entry}
    rest = [p for p in network.parameters() if id(p) not in of_entry]
    if recipe.frozen_stem:
        still = {id(p) for name, p in network.entry.named_parameters() if name.startswith(STEM)}
        for parameter in (p for p in entry if id(p) in still):
            parameter.requires_grad_(False)
        entry = [p for p in entry if id(p) not in still]
    if recipe.entry_lr == 0:
        for parameter in entry:
            parameter.requires_grad_(False)
        entry = []
    groups = [_group(same, recipe.entry_lr, recipe) for same in _by_decay(entry) if same]
    groups += [_group(same, recipe.lr, recipe) for same in _by_decay(rest)]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, fused=True), [entry, rest]
    return torch.optim.RMSprop(groups), [entry, rest]


def _by_decay(parameters: list[nn.Parameter]) -> list[list[nn.Parameter]]:
    return [[p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim <= 1]]


def _group(parameters: list[nn.Parameter], lr: float, recipe: Recipe) -> dict[str, object]:
    decay = recipe.weight_decay if parameters[0].ndim > 1 else 0.0
    return {"params": parameters, "lr": lr, "base_lr": lr, "weight_decay": decay}
