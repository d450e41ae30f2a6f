"""The shape of both networks that know bodies: joints in, residual layers, joints in space out."""

from __future__ import annotations

from typing import TypeVar

from torch import Tensor, nn

Own = TypeVar("Own", bound="ResidualNetwork")


class ResidualNetwork(nn.Module):
    """(N, inputs) -> (N, outputs).

    Args:
        inputs: numbers that it reads of a person.
        outputs: numbers that it answers.
        width: features of the hidden layers.
        blocks: residual pairs of layers.
    """

    def __init__(self, inputs: int, outputs: int, width: int, blocks: int):
        super().__init__()
        self.enter = nn.Linear(inputs, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)) for _ in range(blocks)
        )
        self.leave = nn.Linear(width, outputs)

    def answer(self, x: Tensor) -> Tensor:
        return self.leave(self.hidden(x))

    def hidden(self, x: Tensor) -> Tensor:
        """What the answer is read from. (N, …, inputs) -> (N, …, width)."""
        x = self.enter(x)
        for block in self.blocks:
            x = x + block(x)
        return x


def of_weights(kind: type[Own], weights: dict[str, Tensor]) -> Own:
    """The network of a `state_dict`, in eval mode, as large as its weights say.

    Args:
        kind: built as `kind(width, blocks)`.
        weights: by name.

    Raises:
        KeyError: the weights are another network's.
        RuntimeError: likewise.
    """
    network = kind(len(weights["enter.bias"]), sum(key.endswith("0.weight") for key in weights))  # type: ignore[call-arg]
    network.load_state_dict({key: value.float() for key, value in weights.items()})
    return network.eval()
