"""The second entry for inference at one size: the same pose, read around the state that the cut before left."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from sspnet_train.network.movenet import human36m_heatmaps
from sspnet_train.network.second_entry import OWN_JOINTS, SecondEntry
from torch import Tensor, nn

from sspnet_export.fold import channel_scale, constant_conv, folded_conv
from sspnet_export.guided_entry import scaled_head
from sspnet_export.heads import cell_centres
from sspnet_export.large_heads import LogDistance, as_maps, by_cell


class InferenceSecondEntry(nn.Module):
    """`SecondEntry` on images of size x size pixels. Its batch norms must be folded already."""

    cells: Tensor
    slope: Tensor
    own: Tensor
    kept: Tensor

    def __init__(self, entry: SecondEntry, size: int, joints: int):
        super().__init__()
        self.entry, self.extent = entry, size // 4
        joint_maps = human36m_heatmaps(torch.eye(17)[:, :, None, None], joints)[..., 0, 0].T
        self.heatmaps = scaled_head(entry.heatmaps, entry.heat_gain)
        self.joint_maps = constant_conv(joint_maps[:, :, None, None])
        self.guide_gain = self.extent**2 / 16.0
        merge = entry.merge.detach()
        for level, projection in enumerate((entry.to_level0, entry.to_level1, entry.to_level2)):
            projection.conv = folded_conv(projection).times(merge[level, 1])
        width = entry.to_level0.conv.out_channels
        self.earlier = nn.ModuleList(channel_scale(width, merge[level, 0]) for level in range(3))
        own = torch.tensor([float(joint in OWN_JOINTS) for joint in range(joints)])[:, None]
        cells = cell_centres(self.extent)
        self.log_distance = LogDistance(self.extent, entry.log_reach.exp())
        self.register_buffer("cells", torch.cat([cells, torch.zeros_like(cells)], dim=1).T.contiguous())
        self.register_buffer("slope", -entry.distance_gain.detach())
        self.register_buffer("own", own)
        self.register_buffer("kept", 1 - own * torch.tensor([1.0, 1.0, 0.0, 0.0]))

    def forward(self, image: Tensor, levels: dict[int, Tensor], state: Tensor) -> tuple[dict[int, Tensor], Tensor, Tensor]:
        """The levels, the state (N, J, 4), and the features at stride 4 that later pyramids look at."""
        skips, at32, at16, at8, at4 = self.entry.trunk(image)
        distance = self.log_distance(state[..., :2].transpose(1, 2))
        heatmap = torch.softmax(by_cell(self.joint_maps(self.heatmaps(at4))) + self.slope * distance, dim=1)
        state = state * self.kept + self.own * (self.cells @ heatmap).transpose(1, 2)
        guide = F.avg_pool2d(as_maps(heatmap, self.extent), 2) * self.guide_gain
        new = (
            self.entry.to_level0(torch.cat([skips[5], at8, guide], dim=1)),
            self.entry.to_level1(torch.cat([at16, skips[12]], dim=1)),
            self.entry.to_level2(torch.cat([at32, skips[16]], dim=1)),
        )
        merged = {level: self.earlier[level](levels[level]) + new[level] for level in range(3)}
        return {**levels, **merged}, state, at4
