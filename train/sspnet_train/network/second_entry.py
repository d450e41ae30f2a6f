"""A second entry: MoveNet Thunder's trunk joins before a late pyramid, so later cuts see more than earlier ones could.

Its features are weighed against those of each level. Its heatmaps are read around the pose of the cut before. They give the pose
that the later pyramids refine.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sspnet_train.data.sample import COCO_OF_FACE, COCO_OF_LIMB
from sspnet_train.network.blocks import ConvBN
from sspnet_train.network.entry_flow import Entry
from sspnet_train.network.movenet import THUNDER, MoveNetTrunk, human36m_heatmaps, movenet_head
from sspnet_train.network.soft_argmax import expectation, pixel_centres, spatial_softmax

OWN_JOINTS = (0, 8, 10, *COCO_OF_LIMB, *COCO_OF_FACE)
"""Joints that Thunder's heatmaps show; spine, neck and feet keep the pose before."""


class SecondEntry(MoveNetTrunk):
    """Image, features and pose so far to the same three, after a second look at the picture."""

    def __init__(self, width: int, joints: int):
        super().__init__(THUNDER)
        self.heatmaps = movenet_head(THUNDER.pyramid[-1], 17)
        blocks, (at32, at16, at8, _) = THUNDER.blocks, THUNDER.pyramid
        self.to_level0 = ConvBN(blocks[5] + at8 + joints, width)
        self.to_level1, self.to_level2 = ConvBN(at16 + blocks[12], width), ConvBN(at32 + blocks[16], width)
        self.merge = nn.Parameter(torch.tensor([[1.0, 0.5]] * 3))
        self.heat_gain = nn.Parameter(torch.tensor(2.0))
        self.distance_gain = nn.Parameter(torch.tensor(4.0))
        self.log_reach = nn.Parameter(torch.tensor(0.05**2).log())

    def forward(self, image: Tensor, levels: dict[int, Tensor], pose: Tensor) -> Entry:
        """Join what the trunk sees.

        Args:
            image: (N, 3, H, W) RGB in [-1, 1].
            levels: features by level.
            pose: (N, J, 3) so far.

        Returns:
            The levels, the pose (N, J, 3), and Thunder's features at stride 4.
        """
        skips, at32, at16, at8, at4 = self.trunk(image)
        seen, heatmap = self.seen_around(at4, pose[..., :2])
        guide = F.avg_pool2d(heatmap, 2) * (heatmap.shape[2] * heatmap.shape[3] / 16.0)
        new = (
            self.to_level0(torch.cat([skips[5], at8, guide], dim=1)),
            self.to_level1(torch.cat([at16, skips[12]], dim=1)),
            self.to_level2(torch.cat([at32, skips[16]], dim=1)),
        )
        merged = {level: self.merge[level, 0] * levels[level] + self.merge[level, 1] * new[level] for level in range(3)}
        return Entry({**levels, **merged}, torch.cat([seen, pose[..., 2:]], dim=2), at4)

    def seen_around(self, at4: Tensor, pose: Tensor) -> tuple[Tensor, Tensor]:
        """The pose of one person, read from heatmaps of everybody.

        softmax(a·heat - b·log(d² + ε²)) is of the person meant, where d is the distance from the pose so far.

        Returns:
            Pose (N, J, 2), and heatmaps (N, J, H/4, W/4).
        """
        heat = human36m_heatmaps(self.heatmaps(at4).float(), pose.shape[1])
        across = pixel_centres(heat.shape[3], heat) - pose[..., 0:1]
        down = pixel_centres(heat.shape[2], heat) - pose[..., 1:2]
        distance2 = across.square()[:, :, None] + down.square()[..., None]
        heatmap = spatial_softmax(self.heat_gain * heat - self.distance_gain * torch.log(distance2 + self.log_reach.exp()))
        own = torch.tensor([joint in OWN_JOINTS for joint in range(pose.shape[1])], device=pose.device)
        return torch.where(own[:, None], expectation(heatmap), pose), heatmap
