"""The pose of the frame before, for inference at one size: the same first pose and features, on a head's state."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from sspnet_train.network.previous_pose import PreviousPose
from torch import Tensor, nn

from sspnet_export.fold import constant_linear

AXES = (0, 1, 3)
"""Where u, v and z stand in a state (N, J, 4): u - ½, v - ½, 1, z - ½."""


class InferencePreviousPose(nn.Module):
    """`PreviousPose` on images of size x size pixels. Its input is (N, J, 4): u, v, z, confidence."""

    to_state: Tensor
    middle: Tensor
    moves: Tensor

    def __init__(self, block: PreviousPose, size: int):
        super().__init__()
        self.extent, self.block = size // 8, block
        self.hidden = constant_linear(reading_states(block.hidden.weight), block.hidden.bias)
        self.trust = constant_linear(by_state(block.trust.weight), by_state(block.trust.bias))
        to_state = torch.zeros(4, 4)
        to_state[range(3), AXES] = 1.0
        moves = torch.zeros(4)
        moves[list(AXES)] = 1.0
        self.register_buffer("to_state", to_state)
        self.register_buffer("middle", -0.5 * moves)
        self.register_buffer("moves", moves)

    def forward(self, state: Tensor, previous: Tensor) -> Tensor:
        """The state (N, J, 4) that the first head refines."""
        confidence = previous[..., 3:]
        known = (confidence > 0).float()
        place = previous @ self.to_state + self.middle
        moved = (place - state * self.moves) * known
        seen = torch.cat([moved, place * known, confidence, known], dim=2)
        trust = torch.sigmoid(self.trust(F.relu(self.hidden(seen.flatten(1)))))
        return state + trust.unflatten(1, (-1, 4)) * moved

    def joined(self, levels: dict[int, Tensor], state: Tensor, previous: Tensor) -> tuple[dict[int, Tensor], Tensor]:
        """Features by level, and the state, both with what is known of the frame before."""
        seen = levels[0] + self.block.features(previous, self.extent, self.extent)
        return {**levels, 0: seen}, self(state, previous)


def reading_states(weight: Tensor) -> Tensor:
    """A weight that reads 8 values of each joint, (H, J·8): two of u, v, z, then two. -> (H, J·10), which reads two states."""
    values = weight.detach().unflatten(1, (-1, 8))
    wide = values.new_zeros(*values.shape[:2], 10)
    wide[..., AXES], wide[..., [4 + axis for axis in AXES]] = values[..., :3], values[..., 3:6]
    wide[..., 8:] = values[..., 6:]
    return wide.flatten(1)


def by_state(values: Tensor) -> Tensor:
    """Of u, v, z for each joint, (J·3, …), to a state, (J·4, …)."""
    three = values.detach().unflatten(0, (-1, 3))
    wide = three.new_zeros(len(three), 4, *three.shape[2:])
    wide[:, AXES] = three
    return wide.flatten(0, 1)
