"""The heads for inference at one map size: the same functions as in training, in a third of the operations.

On small maps an operation costs more to start than to run. So sums over cells are matrix products, the two 1x1 convolutions on
each side of a heatmap are one, and maps stay flat, (N, J, H·W), where no convolution needs them square.

The *state* that refining heads hand on is (N, J, 4): u - ½, v - ½, 1, z - ½. With the 1, one matrix product subtracts a pose from
a grid. Sums around zero lose ten times less than sums around ½.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from sspnet_train.network.blocks import PredictionBlock
from sspnet_train.network.soft_argmax import pixel_centres
from torch import Tensor, nn

from sspnet_export.fold import FactoredConv


def cell_line(extent: int) -> Tensor:
    """(extent,): centres of the cells of one row, minus ½."""
    return pixel_centres(extent, torch.zeros(())) - 0.5


def cell_centres(extent: int) -> Tensor:
    """(extent², 2): u - ½, v - ½ of every cell of a square map, row by row."""
    line = cell_line(extent)
    return torch.stack([line.repeat(extent), line.repeat_interleave(extent)], dim=1)


class Prior(nn.Module):
    """`log_prior` of the training code, up to a constant per map that softmax removes: -α·log(1/g + d²), g = cells² / s².

    Each joint j has its own α and s: `offsets` is what `differences` gives beside the state, in its last column 1/√g.
    """

    differences: Tensor
    offsets: Tensor
    sums: Tensor
    slope: Tensor

    def __init__(self, extent: int, sharpness: Tensor, log_scale: Tensor):
        """sharpness, log_scale: (J, 1, 1)."""
        super().__init__()
        differences = torch.zeros(4, 2 * extent + 1)
        differences[0, :extent], differences[1, extent:-1] = -1.0, -1.0
        line, offset = cell_line(extent), torch.exp(0.5 * log_scale.detach()).flatten(1) / extent
        lines = torch.cat([line, line]).expand(len(offset), -1)
        cells = torch.arange(extent**2)
        sums = torch.zeros(2 * extent + 1, extent**2)
        sums[cells % extent, cells], sums[extent + cells // extent, cells], sums[-1] = 1.0, 1.0, 1.0
        self.register_buffer("differences", differences)
        self.register_buffer("offsets", torch.cat([lines, offset], dim=1))
        self.register_buffer("sums", sums)
        self.register_buffer("slope", -F.softplus(sharpness.detach()).flatten(1))

    def forward(self, state: Tensor) -> Tensor:
        """(N, J, 4) -> (N, J, H·W) logits."""
        difference = state @ self.differences + self.offsets
        return self.slope * torch.log((difference * difference) @ self.sums)


class HeadMaps(NamedTuple):
    """What a head has in hand before its answer.

    Attributes:
        heatmap: (N, J, H·W); of a large head (N, H·W, J).
        y: (N, width, H, W), the head's features Y.
    """

    heatmap: Tensor
    y: Tensor


class InferenceHead(nn.Module):
    """`PredictionBlock` on maps of extent x extent cells.

    The depth map is kept as t = 2d - 1, a tanh instead of a sigmoid, so that Σ Φ·t / 2 is z - ½ without another operation.
    """

    carry: Tensor
    moves: Tensor
    answers: Tensor
    read: nn.Module
    write: nn.Module
    prior: nn.Module

    def __init__(self, block: PredictionBlock, extent: int):
        super().__init__()
        self.extent, self.refining, self.separable = extent, block.refining, block.separable
        self.joints, self.confidence = block.to_heatmap.out_channels, block.confidence
        self.read, self.write = merged_read(block), merged_write(block, extent)
        self.register_buffer("moves", moves(extent))
        self.register_buffer("answers", torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0.5, 0.5, 0.5], [0, 0, 1.0]]))
        if block.refining:
            self.to_evidence = block.to_evidence
            self.prior = Prior(extent, block.sharpness, block.log_scale)
            self.register_buffer("carry", torch.cat([torch.ones(3), block.depth_carry.detach().reshape(1)]))

    def forward(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor, HeadMaps]:
        """Features F (Eq. 4), the state (without its 1 where there was none before), and what `answer` reads."""
        y = F.relu(self.separable(x))
        logits, depth = self.read(y).flatten(2).split(self.joints, dim=1)
        depth = torch.tanh(depth)
        if state is None:
            heatmap = shift = torch.softmax(logits, dim=2)
        else:
            prior = self.prior(state)
            heatmap = torch.softmax(prior + logits, dim=2)
            shift = heatmap - torch.softmax(prior, dim=2)
        move = torch.cat([shift, heatmap * depth], dim=2) @ self.moves
        maps = torch.cat([logits if state is None else heatmap, depth], dim=1)
        features = x + y + self.write(self.square(maps))
        return features, move if state is None else state * self.carry + move, HeadMaps(heatmap, y)

    def square(self, flat: Tensor) -> Tensor:
        return flat.unflatten(2, (self.extent, self.extent))

    def answer(self, state: Tensor, found: HeadMaps) -> Tensor:
        """u, v, z, confidence, all in [0, 1]. -> (N, J, 4)."""
        if not self.refining:
            state = state + torch.tensor([0.0, 0.0, 1.0, 0.0])
        return torch.cat([state @ self.answers, self.believed(found)], dim=2)

    def believed(self, found: HeadMaps) -> Tensor:
        """Confidence (N, J, 1)."""
        evidence = self.to_evidence(found.y) if self.refining else None
        return self.confidence(self.square(found.heatmap), evidence).unsqueeze(2)


def moves(extent: int) -> Tensor:
    """What a unit of (shift, heatmap·t) in each cell adds to the state. -> (2·extent², 4)."""
    matrix = torch.zeros(2 * extent**2, 4)
    matrix[: extent**2, :2] = cell_centres(extent)
    matrix[extent**2 :, 3] = 0.5
    return matrix


def merged_read(block: PredictionBlock) -> FactoredConv:
    """W_h and W_d (Eq. 2, 3) as one convolution; tanh(d / 2) = 2·sigmoid(d) - 1."""
    h, d = block.to_heatmap, block.to_depth
    assert h.bias is not None and d.bias is not None
    halves = torch.ones(h.out_channels + d.out_channels)
    halves[h.out_channels :] = 0.5
    bias = torch.cat([h.bias, d.bias]) * halves
    return FactoredConv.of(h, halves[:, None, None, None], bias, raw=torch.cat([h.weight, d.weight]))


def merged_write(block: PredictionBlock, extent: int) -> FactoredConv:
    """W_r and W_s (Eq. 4) as one convolution, on t instead of d. A refining block's scale of its heatmap goes into the factor."""
    r, s = block.from_heatmap, block.from_depth
    scale = torch.full((1, r.in_channels + s.in_channels, 1, 1), 0.5)
    scale[:, : r.in_channels] = extent**2 / 64.0 if block.refining else 1.0
    bias = 0.5 * s.weight.sum(dim=(1, 2, 3))
    return FactoredConv.of(r, scale, bias, raw=torch.cat([r.weight, s.weight], dim=1))
