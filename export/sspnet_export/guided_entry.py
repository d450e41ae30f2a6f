"""The MoveNet entry for inference at one map size: the same first pose, with sums over cells and over joints as matrix products."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from sspnet_train.entry_flow import Entry
from sspnet_train.movenet import CENTRE_SPREAD, MoveNetEntry, human36m_heatmaps, to_human36m
from sspnet_train.soft_argmax import pixel_centres
from torch import Tensor, nn

from .fold import FactoredConv
from .heads import Prior, cell_centres


class InferenceEntry(nn.Module):
    """`MoveNetEntry` on images of size x size pixels; its batch norms are to be folded already."""

    def __init__(self, entry: MoveNetEntry, size: int):
        super().__init__()
        self.entry, self.extent = entry, size // 4
        decoding = entry.decoding
        self.heatmaps = scaled_head(entry.heatmaps, decoding.heat_gain)
        self.weighted_centre = scaled_head(entry.centre, decoding.centre_gain)
        self.prior = Prior(self.extent, decoding.distance_gain, 0.02**2, torch.ones(()))
        self.guide = constant_conv(joints_from_coco_maps() * (self.extent**2 / 16.0))
        self.offsets = constant_conv(torch.kron(joints_from_coco(), torch.eye(2).flip(0)) / self.extent)
        cells = cell_centres(self.extent)
        self.register_buffer("cells", cells)
        self.register_buffer("positions", torch.cat([cells, torch.zeros_like(cells[:, :1])], dim=1))
        self.register_buffer("joints", joints_from_coco())
        self.register_buffer("middle", -cells.square().sum(dim=1) / (2 * CENTRE_SPREAD**2))
        self.register_buffer("line", pixel_centres(self.extent, torch.zeros(())))

    def forward(self, image: Tensor) -> tuple[Entry, tuple[Tensor, Tensor]]:
        """(N, 3, size, size) in [-1, 1] -> what the pyramids start from, and `MoveNetEntry.people`'s two answers."""
        skip8, at32, at16, at8, at4 = self.entry.trunk(image)
        regression = self.entry.regression(at4)
        pose, heatmap = self.first_pose(at4, regression)
        guide = self.guide(F.avg_pool2d(heatmap, 2))
        levels = {
            0: self.entry.to_level0(torch.cat([skip8, at8, guide], dim=1)),
            1: self.entry.to_level1(at16),
            2: self.entry.to_level2(at32),
        }
        return Entry(levels, pose, at4), self.people(at4, regression)

    def first_pose(self, at4: Tensor, regression: Tensor) -> tuple[Tensor, Tensor]:
        """-> pose (N, 17, 3) in Human3.6M's order with z = 0.5, heatmaps (N, 17, h, w) in COCO's."""
        here = torch.softmax(self.weighted_centre(at4).flatten(1) + self.middle, dim=1).unsqueeze(2)
        offset = (regression.flatten(2) @ here).unflatten(1, (17, 2)).squeeze(3).flip(2) / self.extent
        coarse = offset + (here.transpose(1, 2) @ self.cells + 0.5)
        heatmap = torch.softmax(self.heatmaps(at4).flatten(2) + self.prior(coarse), dim=2)
        return self.joints @ (heatmap @ self.positions) + 0.5, heatmap.unflatten(2, (self.extent, self.extent))

    def people(self, at4: Tensor, regression: Tensor) -> tuple[Tensor, Tensor]:
        offset = self.offsets(regression).unflatten(1, (17, 2))
        u, v = offset.split(1, dim=2)
        joints = torch.cat([u + self.line, v + self.line[:, None]], dim=2)
        return torch.sigmoid(self.entry.centre(at4)).squeeze(1), joints


def scaled_head(head: nn.Sequential, gain: Tensor) -> nn.Sequential:
    """The head with its last convolution's answer multiplied by `gain`."""
    *layers, last = head
    assert isinstance(last, nn.Conv2d) and last.bias is not None
    return nn.Sequential(*layers, FactoredConv.of(last, gain, last.bias * gain))


def constant_conv(matrix: Tensor) -> nn.Conv2d:
    """1x1 convolution that multiplies every cell's channels by a fixed matrix."""
    conv = nn.Conv2d(matrix.shape[1], matrix.shape[0], 1, bias=False)
    with torch.no_grad():
        conv.weight.copy_(matrix[:, :, None, None])
    return conv


def joints_from_coco() -> Tensor:
    """`to_human36m` as a matrix (17, 17)."""
    return to_human36m(torch.eye(17)[:, :, None])[..., 0].T.contiguous()


def joints_from_coco_maps() -> Tensor:
    """`human36m_heatmaps` as a matrix (17, 17)."""
    return human36m_heatmaps(torch.eye(17)[:, :, None, None])[..., 0, 0].T.contiguous()
