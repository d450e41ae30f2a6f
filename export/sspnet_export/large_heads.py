"""The heads for inference on large maps: the function of `InferenceHead`, with joints last.

OpenVINO keeps maps with channels last, and reorders large maps of few channels slowly. To such an engine (N, H·W, J) is a view of
what a convolution gives and takes. On small maps that saves nothing, and takes more operations.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from sspnet_train.network.blocks import PredictionBlock
from torch import Tensor, nn

from sspnet_export.fold import FactoredConv
from sspnet_export.heads import HeadMaps, InferenceHead, cell_line

LEAST_EXTENT = 24
"""Cells in a row from which on maps are large."""


def by_cell(maps: Tensor) -> Tensor:
    """(N, J, H, W) -> (N, H·W, J)."""
    return maps.permute(0, 2, 3, 1).flatten(1, 2)


def as_maps(cells: Tensor, extent: int) -> Tensor:
    """(N, extent², J) -> (N, J, extent, extent)."""
    return cells.unflatten(1, (extent, extent)).permute(0, 3, 1, 2)


class LogDistance(nn.Module):
    """log(d² + reach) of every cell from a place for each joint, where d is in crop sides.

    log(a + b) = log a + log(1 + exp(log b - log a)): so few logarithms are of cells, and engines fuse the rest into one softplus.
    """

    line: Tensor
    reach: Tensor

    def __init__(self, extent: int, reach: Tensor):
        """reach: (J,) or ()."""
        super().__init__()
        self.register_buffer("line", cell_line(extent)[:, None])
        self.register_buffer("reach", 0.5 * reach.detach())

    def forward(self, place: Tensor) -> Tensor:
        """(N, 2, J) u - ½, v - ½ -> (N, H·W, J)."""
        difference = place.unsqueeze(2) - self.line
        across, down = torch.log(difference * difference + self.reach).split(1, dim=1)
        return (across + torch.log(1 + torch.exp(down.transpose(1, 2) - across))).flatten(1, 2)


class LargePrior(nn.Module):
    """`Prior` with joints last."""

    slope: Tensor

    def __init__(self, extent: int, sharpness: Tensor, log_scale: Tensor):
        """sharpness, log_scale: (J, 1, 1)."""
        super().__init__()
        self.log_distance = LogDistance(extent, torch.exp(log_scale.detach()).flatten() / extent**2)
        self.register_buffer("slope", -F.softplus(sharpness.detach()).flatten())

    def forward(self, state: Tensor) -> Tensor:
        """(N, J, 4) -> (N, H·W, J) logits."""
        return self.slope * self.log_distance(state[..., :2].transpose(1, 2))


class LargeHead(InferenceHead):
    """`InferenceHead` on maps of `LEAST_EXTENT` or more cells in a row."""

    def __init__(self, block: PredictionBlock, extent: int):
        super().__init__(block, extent)
        self.read, self.write = read_convs(block), write_convs(block, extent)
        self.moves = self.moves.T.contiguous()
        if block.refining:
            self.calibration = block.calibration
            self.prior = LargePrior(extent, block.sharpness, block.log_scale)

    def forward(self, x: Tensor, state: Tensor | None) -> tuple[Tensor, Tensor, HeadMaps]:
        """As `InferenceHead.forward`."""
        y = F.relu(self.separable(x))
        to_heatmap, to_depth = cast(nn.ModuleList, self.read)
        logits, depth = to_heatmap(y), torch.tanh(to_depth(y))
        if state is None:
            heatmap = shift = torch.softmax(by_cell(logits), dim=1)
            reinjected = logits
        else:
            prior = self.prior(state)
            heatmap = torch.softmax(prior + by_cell(logits), dim=1)
            shift = heatmap - torch.softmax(prior, dim=1)
            reinjected = as_maps(heatmap, self.extent)
        move = (self.moves @ torch.cat([shift, heatmap * by_cell(depth)], dim=1)).transpose(1, 2)
        from_heatmap, from_depth = cast(nn.ModuleList, self.write)
        features = x + y + from_heatmap(reinjected) + from_depth(depth)
        return features, move if state is None else state * self.carry + move, HeadMaps(heatmap, y)

    def believed(self, found: HeadMaps) -> Tensor:
        """As `InferenceHead.believed`."""
        square = found.heatmap.unflatten(1, (self.extent, self.extent))
        rows = square[:, :-1] + square[:, 1:]
        mass = (rows[:, :, :-1] + rows[:, :, 1:]).amax(dim=(1, 2)).clamp(1e-4, 1 - 1e-4).unsqueeze(2)
        if not self.refining:
            return mass
        slope, offset, cells = self.calibration
        offset = offset + cells * torch.log(torch.tensor(self.extent**2 / 1024.0))
        evidence = (found.heatmap * by_cell(self.to_evidence(found.y))).sum(dim=1).unsqueeze(2)
        return torch.sigmoid(slope * torch.logit(mass) + offset + evidence)


def read_convs(block: PredictionBlock) -> nn.ModuleList:
    """W_h and W_d (Eq. 2, 3); tanh(d / 2) = 2·sigmoid(d) - 1."""
    h, d = block.to_heatmap, block.to_depth
    assert h.bias is not None and d.bias is not None
    return nn.ModuleList([FactoredConv.of(h, torch.tensor(1.0), h.bias), FactoredConv.of(d, torch.tensor(0.5), 0.5 * d.bias)])


def write_convs(block: PredictionBlock, extent: int) -> nn.ModuleList:
    """W_r and W_s (Eq. 4), the latter of t instead of d. A refining block's scale of its heatmap goes into the factor."""
    r, s = block.from_heatmap, block.from_depth
    gain, half = torch.tensor(extent**2 / 64.0 if block.refining else 1.0), torch.tensor(0.5)
    bias = 0.5 * s.weight.sum(dim=(1, 2, 3))
    return nn.ModuleList([FactoredConv.of(r, gain, torch.zeros_like(bias)), FactoredConv.of(s, half, bias)])
