"""Round a network's weights to 8 bits by what it sees."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from sspnet_train.network.eight_bits import pointwise, rounded

CELLS = 3000
"""Of each batch, at most so many cells of a convolution's input are looked at."""


class _Products:
    """A forward hook that adds up the products of a convolution's inputs with each other, cell by cell."""

    def __init__(self, inputs: int) -> None:
        self.sum, self.count = torch.zeros(inputs, inputs, dtype=torch.float64), 0

    def __call__(self, conv: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        cells = inputs[0].flatten(2).transpose(1, 2).flatten(0, 1)
        cells = cells[torch.randperm(len(cells))[:CELLS]]
        self.sum += cells.T @ cells
        self.count += len(cells)

    def mean(self) -> Tensor:
        return self.sum / self.count


@torch.no_grad()
def round_weights(network: nn.Module, seen: Iterable[tuple[Tensor, ...]]) -> None:
    """Round the 1x1 convolutions before batch norms, in place.

    Args:
        network: in eval mode.
        seen: its arguments, batch by batch: pictures such as it is for.
    """
    products = [(conv, _Products(conv.in_channels)) for conv in pointwise(network)]
    hooks = [conv.register_forward_pre_hook(inputs) for conv, inputs in products]
    for arguments in seen:
        network(*arguments)
    for hook in hooks:
        hook.remove()
    for conv, inputs in products:
        conv.weight.copy_(rounded(conv.weight.flatten(1), inputs.mean()).reshape(conv.weight.shape))
