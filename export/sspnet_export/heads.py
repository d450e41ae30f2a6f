"""The heads for inference at one map size: the same functions as in training, in a third of the operations.

On small maps an operation costs more to start than to run. Sums over cells become matrix products, the two 1x1 convolutions on each side
of a heatmap become one, and the maps stay flat, (N, J, H·W), wherever no convolution needs them square.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from sspnet_train.blocks import Prediction, PredictionBlock
from sspnet_train.soft_argmax import pixel_centres
from torch import Tensor, nn

from .fold import FactoredConv


def cell_centres(extent: int) -> Tensor:
    """(extent², 2): u - ½, v - ½ of every cell of a square map, row by row. Sums around zero lose ten times less than sums around ½."""
    line = pixel_centres(extent, torch.zeros(())) - 0.5
    return torch.stack([line.repeat(extent), line.repeat_interleave(extent)], dim=1)


class Prior(nn.Module):
    """-α·log(c + d²·g) around each joint on a square map: `log_prior` of the training code, and MoveNet's falloff with distance."""

    def __init__(self, extent: int, sharpness: Tensor, offset: float, gain: Tensor):
        """sharpness: α; offset: c; gain: g, with d in units of the crop."""
        super().__init__()
        self.offset = offset
        stretch = gain.detach().sqrt()
        self.register_buffer("stretch", stretch.clone())
        self.register_buffer("centres", pixel_centres(extent, stretch) * stretch)
        self.register_buffer("slope", -sharpness.detach())

    def forward(self, pose: Tensor) -> Tensor:
        """(N, J, 2 or more) u, v in [0, 1], the rest is not read -> (N, J, H·W) logits."""
        difference = self.centres - (pose * self.stretch).unsqueeze(3)
        across, down, *_ = (difference * difference).split(1, dim=2)
        down = down.transpose(2, 3) + self.offset
        return self.slope * torch.log((across + down).flatten(2))


class InferenceHead(nn.Module):
    """`PredictionBlock` on maps of extent x extent cells."""

    def __init__(self, block: PredictionBlock, extent: int):
        super().__init__()
        self.block, self.extent = block, extent
        self.joints = block.to_heatmap.out_channels
        self.read, self.write = merged_read(block), merged_write(block, extent)
        self.register_buffer("cells", cell_centres(extent))
        if block.refining:
            carry = block.depth_carry.detach()
            self.prior = Prior(extent, F.softplus(block.sharpness), 1.0, torch.exp(-block.log_scale) * extent**2)
            self.register_buffer("carry", torch.stack([torch.ones_like(carry), torch.ones_like(carry), carry]))
            self.register_buffer("start", torch.stack([torch.zeros_like(carry), torch.zeros_like(carry), -0.5 * carry]))

    def forward(self, x: Tensor, earlier: Tensor | None = None) -> tuple[Tensor, Prediction]:
        """As `PredictionBlock.forward`."""
        y = F.relu(self.block.separable(x))
        logits, depth_map = self.read(y).split(self.joints, dim=1)
        depth_map = torch.sigmoid(depth_map)
        if earlier is None:
            heatmap = torch.softmax(logits.flatten(2), dim=2)
            move, reinjected = heatmap @ self.cells + 0.5, logits
        else:
            prior = self.prior(earlier)
            heatmap = torch.softmax(prior + logits.flatten(2), dim=2)
            move = (heatmap - torch.softmax(prior, dim=2)) @ self.cells
            reinjected = self.square(heatmap)
        pose = torch.cat([move, (heatmap * depth_map.flatten(2)).sum(dim=2, keepdim=True)], dim=2)
        if earlier is not None:
            pose = pose + (earlier * self.carry + self.start)
        features = x + y + self.write(torch.cat([reinjected, depth_map], dim=1))
        return features, Prediction(pose, self.block.confidence(self.square(heatmap)), heatmap)

    def square(self, flat: Tensor) -> Tensor:
        return flat.unflatten(2, (self.extent, self.extent))


def merged_read(block: PredictionBlock) -> FactoredConv:
    """W_h and W_d (Eq. 2, 3) as one convolution."""
    h, d = block.to_heatmap, block.to_depth
    assert h.bias is not None and d.bias is not None
    return FactoredConv.of(h, torch.ones(()), torch.cat([h.bias, d.bias]), raw=torch.cat([h.weight, d.weight]))


def merged_write(block: PredictionBlock, extent: int) -> FactoredConv:
    """W_r and W_s (Eq. 4) as one convolution; a refining block's scale of its heatmap goes into the factor."""
    r, s = block.from_heatmap, block.from_depth
    scale = torch.ones(1, r.in_channels + s.in_channels, 1, 1)
    if block.refining:
        scale[:, : r.in_channels] = extent**2 / 64.0
    return FactoredConv.of(r, scale, torch.zeros(r.out_channels), raw=torch.cat([r.weight, s.weight], dim=1))
