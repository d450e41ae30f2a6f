"""The optimizer of a recipe: which weights step, and at which rates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from sspnet_train.errors import TrainingError
from sspnet_train.network.model import SSPNet
from sspnet_train.training.recipes import Recipe

OURS = ("to_level", "merge", "heat_gain", "distance_gain", "log_reach")


def build_optimizer(network: SSPNet, recipe: Recipe) -> tuple[torch.optim.Optimizer, list[list[nn.Parameter]]]:
    """The optimizer, and the parameters of each trunk and of the rest apart, because their gradients are clipped apart."""
    trunks = [
        (_trunk(part), rate)
        for part, rate in ((network.entry, recipe.entry_lr), (network.second_entry, recipe.second_entry_lr))
        if part is not None
    ]
    of_trunks = {id(p) for trunk, _ in trunks for p in trunk.values()}
    rest = [p for p in network.parameters() if id(p) not in of_trunks]
    parts, groups = [], []
    for trunk, rate in trunks:
        free = [p for name, p in trunk.items() if rate and not name.startswith(_first_blocks(recipe.frozen_blocks))]
        for parameter in trunk.values():
            parameter.requires_grad_(any(parameter is one for one in free))
        parts.append(free)
        groups += [_group(same, rate, recipe) for same in _by_decay(free) if same]
    groups += [_group(same, recipe.lr, recipe) for same in _by_decay(rest)]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, fused=True), [*parts, rest]
    return torch.optim.RMSprop(groups), [*parts, rest]


def take_over(optimizer: torch.optim.Optimizer, state: dict[str, Any], run: Path) -> None:
    """Give an optimizer what another one of the same weights knew of their gradients. Rates and decay stay its own.

    Args:
        optimizer: as `build_optimizer` made it.
        state: the other one's `state_dict`.
        run: whose that was, for the error.

    Raises:
        TrainingError: it stepped other weights, or in another way.
    """
    groups, known = optimizer.param_groups, state["param_groups"]
    if not _same_layout(groups, known) or not all(_fits(*pair, state["state"]) for pair in zip(groups, known, strict=True)):
        raise TrainingError(f"the run {run} trained other weights, or with another optimizer: its moments do not fit")
    own = [{key: value for key, value in group.items() if key != "params"} for group in groups]
    optimizer.load_state_dict(state)
    for group, ours in zip(optimizer.param_groups, own, strict=True):
        group.update(ours)


def _same_layout(groups: list[dict[str, Any]], known: list[dict[str, Any]]) -> bool:
    """As many weights in each group, and both or neither stepped by Adam. Other settings differ between versions of PyTorch."""
    return [("betas" in group, len(group["params"])) for group in groups] == [
        ("betas" in group, len(group["params"])) for group in known
    ]


def _fits(group: dict[str, Any], known: dict[str, Any], moments: dict[int, dict[str, Any]]) -> bool:
    """Whether what is known of the gradients of each weight has the weight's shape."""
    return all(
        value.shape == parameter.shape
        for parameter, index in zip(group["params"], known["params"], strict=True)
        for key, value in moments.get(index, {}).items()
        if key != "step"
    )


def _trunk(entry: nn.Module) -> dict[str, nn.Parameter]:
    """What an entry brought along. Its projections to the pyramids, and how it joins them, are ours."""
    return {name: p for name, p in entry.named_parameters() if not name.startswith(OURS)}


def _first_blocks(count: int) -> tuple[str, ...]:
    return ("stem.", *(f"blocks.{index}." for index in range(count))) if count else ()


def _by_decay(parameters: list[nn.Parameter]) -> list[list[nn.Parameter]]:
    return [[p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim <= 1]]


def _group(parameters: list[nn.Parameter], lr: float, recipe: Recipe) -> dict[str, object]:
    decay = recipe.weight_decay if parameters[0].ndim > 1 else 0.0
    return {"params": parameters, "lr": lr, "base_lr": lr, "weight_decay": decay}
