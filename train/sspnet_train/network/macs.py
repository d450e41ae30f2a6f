"""Parameters and multiply-accumulates of a network at a cut, counted on one forward pass."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import nn

from sspnet_train.network.model import SSPNet


def count_macs(network: SSPNet, size: int, cut: int | None = None) -> tuple[int, int]:
    """Parameters and multiply-accumulates that one size x size image uses up to `cut`."""
    shapes = copy.deepcopy(network).to("meta")  # nothing is computed there
    image, previous = torch.zeros(1, 3, size, size, device="meta"), torch.zeros(1, network.config.joints, 4, device="meta")
    return counted(shapes, lambda: shapes(image, cut, previous))


def counted(network: nn.Module, run: Callable[[], object]) -> tuple[int, int]:
    """Parameters and multiply-accumulates that `run` makes the network use, in eval mode, for each row of its batch.

    Only convolutions count, with batch norms folded into them.
    """
    parameters: set[nn.Parameter] = set()
    macs = 0

    def count(module: nn.Module, _: tuple, output: torch.Tensor) -> None:
        nonlocal macs
        assert isinstance(module, nn.Conv2d)
        macs += module.weight[0].numel() * output[0].numel()
        parameters.update(module.parameters())

    hooks = [module.register_forward_hook(count) for module in network.modules() if isinstance(module, nn.Conv2d)]
    was_training = network.training
    network.eval()
    try:
        with torch.no_grad():
            run()
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    return sum(weight.numel() for weight in parameters), macs
