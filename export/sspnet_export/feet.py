"""Heels and toes placed by all joints, for inference: two matrix products on a head's answer."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from sspnet_train.data.sample import JOINTS
from sspnet_train.network.feet import ANKLES, CROPS, FEET, FOOT_CROPS, FootPlacement
from torch import Tensor, nn

from sspnet_export.fold import constant_linear


class InferenceFeet(nn.Module):
    """`FootPlacement` on answers (N, J, 4): u, v, z, confidence. What it reads of them is folded into its first product."""

    def __init__(self, block: FootPlacement):
        super().__init__()
        weight = block.hidden.weight.detach()
        of_joints, of_feet = weight[:, : 4 * JOINTS].unflatten(1, (-1, 4)), weight[:, 4 * JOINTS :].unflatten(1, (-1, 2))
        bias = block.hidden.bias.detach() - (of_joints * torch.tensor([0.0, 0.0, 0.5 * CROPS, 1.0])).sum(dim=(1, 2))
        reading = of_joints * torch.tensor([CROPS, CROPS, CROPS, 2.0])
        reading[:, 0, :2] -= reading[..., :2].sum(dim=1)  # places are read from the pelvis
        for column, (foot, ankle) in enumerate(zip(FEET, ANKLES, strict=True)):
            reading[:, foot, :2] += FOOT_CROPS * of_feet[:, column]
            reading[:, ankle, :2] -= FOOT_CROPS * of_feet[:, column]
        self.hidden = constant_linear(reading.flatten(1), bias)
        self.move = constant_linear(moving_answers(block.move.weight), moving_answers(block.move.bias))

    def forward(self, answer: Tensor) -> Tensor:
        return answer + self.move(F.relu(self.hidden(answer.flatten(1)))).unflatten(1, (-1, 4))


def moving_answers(values: Tensor) -> Tensor:
    """Of u and v for each joint of the feet, (6·2, …), to what is added to an answer, (J·4, …)."""
    moves = values.detach().unflatten(0, (-1, 2))
    wide = moves.new_zeros(JOINTS, 4, *moves.shape[2:])
    wide[FEET, :2] = moves
    return wide.flatten(0, 1)
