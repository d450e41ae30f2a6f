"""The paper's entry flow (Table 1): an image to features at stride 8."""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from sspnet_train.network.blocks import ConvBN


class Entry(NamedTuple):
    """What an entry flow hands to the pyramids.

    Attributes:
        levels: features by level. 0 is stride 8, 1 stride 16, and so on. Level 0 is always there.
        pose: (N, J, 2) a first pose in [0, 1], or None.
        fine: features at stride 4 for a second look, or None.
    """

    levels: dict[int, Tensor]
    pose: Tensor | None = None
    fine: Tensor | None = None


class EntryFlow(nn.Module):
    """Table 1 as far as stride 8: conv 7x7/2, R, pool, R, R, pool, R, R. `multiplier` scales the widths; 1.0 is the paper."""

    def __init__(self, width: int, multiplier: float = 1.0):
        super().__init__()
        stem, first, second = (max(8, round(channels * multiplier)) for channels in (64, 128, 256))
        self.stem = ConvBN(3, stem, kernel=7, stride=2)
        self.stride2 = TableResidual(stem, stem, first)
        self.stride4 = nn.Sequential(TableResidual(first, first, second), TableResidual(second, first, second))
        self.stride8 = nn.Sequential(TableResidual(second, width // 2, width), TableResidual(width, width // 2, width))

    def forward(self, image: Tensor) -> Entry:
        """`image` is (N, 3, H, W) RGB in [-1, 1], with H and W divisible by 8."""
        x = self.stride2(F.relu(self.stem(image)))
        x = self.stride4(F.max_pool2d(x, 3, 2, 1))
        return Entry(levels={0: self.stride8(F.max_pool2d(x, 2))})


class TableResidual(nn.Module):
    """Table 1's residual(1x1 a, 3x3 b): x + conv3x3(ReLU(conv1x1(x)))."""

    def __init__(self, inputs: int, middle: int, outputs: int):
        super().__init__()
        self.reduce = ConvBN(inputs, middle)
        self.expand = ConvBN(middle, outputs, kernel=3, gamma=0.3)
        self.shortcut = ConvBN(inputs, outputs) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.expand(F.relu(self.reduce(x)))
