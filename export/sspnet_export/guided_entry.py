"""The MoveNet entry for inference at one size: the same first pose, with matrix products for sums over cells and joints."""

from __future__ import annotations

import torch
from sspnet_train.network.entry_flow import Entry
from sspnet_train.network.movenet import CENTRE_SPREAD, MoveNetEntry, human36m_heatmaps, to_human36m
from torch import Tensor, nn

from sspnet_export.fold import FactoredConv, constant_conv
from sspnet_export.heads import cell_centres, cell_line
from sspnet_export.large_heads import LogDistance, as_maps, by_cell


class InferenceEntry(nn.Module):
    """`MoveNetEntry` on images of size x size pixels. Its batch norms must be folded already."""

    cells: Tensor
    line: Tensor
    middle: Tensor
    joints: Tensor
    slope: Tensor
    start: Tensor

    def __init__(self, entry: MoveNetEntry, size: int):
        super().__init__()
        self.entry, self.extent = entry, size // 4
        decoding = entry.decoding
        self.heatmaps = scaled_head(entry.heatmaps, decoding.heat_gain)
        self.weighted_centre = scaled_head(entry.centre, decoding.centre_gain)
        self.offset = swapped_offsets(entry.regression[3], self.extent)
        joint_maps = human36m_heatmaps(torch.eye(17)[:, :, None, None], entry.joints)[..., 0, 0].T
        pooled = (joint_maps * (self.extent**2 / 64.0))[:, :, None, None].expand(entry.joints, 17, 2, 2)
        self.guide = constant_conv(pooled, stride=2)
        joints, cells = to_human36m(torch.eye(17)[:, :, None], entry.joints)[..., 0].T.contiguous(), cell_centres(self.extent)
        body = joints[:17]
        self.people_heat = constant_conv(joint_maps[:17, :, None, None])
        self.people_offsets = constant_conv((torch.kron(body, torch.eye(2).flip(0)) / self.extent)[:, :, None, None])
        self.log_distance = LogDistance(self.extent, torch.tensor(0.02**2))
        self.register_buffer("joints", joints)
        self.register_buffer("cells", torch.cat([cells, torch.zeros_like(cells)], dim=1).T.contiguous())
        self.register_buffer("line", cell_line(self.extent))
        self.register_buffer("middle", -cells.square().sum(dim=1) / (2 * CENTRE_SPREAD**2))
        self.register_buffer("slope", -decoding.distance_gain.detach())
        self.register_buffer("start", torch.tensor([0.0, 0.0, 1.0, 0.0]))

    def forward(self, image: Tensor) -> tuple[Entry, tuple[Tensor, Tensor, Tensor]]:
        """What the pyramids start from, with a head's state for its pose; and the three answers of `MoveNetEntry.people`."""
        skips, at32, at16, at8, at4 = self.entry.trunk(image)
        hidden = self.entry.regression[:3](at4)
        state, guide = self.first_pose(at4, hidden)
        levels = self.entry.levels(skips, at32, at16, at8, guide)
        return Entry(levels, state, at4), self.people(at4, hidden)

    def first_pose(self, at4: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """State (N, J, 4) and guide (N, J, H/8, W/8). The mean of the regression over cells is the regression of the mean."""
        here = torch.softmax(self.weighted_centre(at4).flatten(1) + self.middle, dim=1).unsqueeze(1)
        offset = self.offset((here @ by_cell(hidden)).transpose(1, 2).unsqueeze(3)).unflatten(1, (2, 17)).squeeze(4).squeeze(3)
        place = offset + (here @ self.cells[:2].T).transpose(1, 2)
        heatmap = torch.softmax(by_cell(self.heatmaps(at4)) + self.slope * self.log_distance(place), dim=1)
        state = self.joints @ (self.cells @ heatmap).transpose(1, 2) + self.start
        return state, self.guide(as_maps(heatmap, self.extent))

    def people(self, at4: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `MoveNetEntry.people`."""
        u, v = self.people_offsets(self.entry.regression[3](hidden)).unflatten(1, (17, 2)).split(1, dim=2)
        line = self.line + 0.5
        joints = torch.cat([u + line, v + line[:, None]], dim=2)
        heat = torch.sigmoid(self.people_heat(self.entry.heatmaps(at4)))
        return torch.sigmoid(self.entry.centre(at4)).squeeze(1), joints, heat


def scaled_head(head: nn.Sequential, gain: Tensor) -> nn.Sequential:
    """The head with its answer multiplied by `gain`."""
    *layers, last = head
    assert isinstance(last, nn.Conv2d) and last.bias is not None
    return nn.Sequential(*layers, FactoredConv.of(last, gain, last.bias * gain))


def swapped_offsets(conv: nn.Module, extent: int) -> FactoredConv:
    """The regression head's last convolution, giving all x, then all y in units of the image, not (y, x) of a joint in cells."""
    assert isinstance(conv, nn.Conv2d) and conv.bias is not None
    order = torch.arange(conv.out_channels).view(-1, 2).flip(1).T.flatten()
    return FactoredConv.of(conv, torch.tensor(1.0 / extent), conv.bias[order] / extent, raw=conv.weight[order])
