"""MoveNet Lightning (Google, Apache-2.0) as an entry flow that already knows a first pose.

MoveNet is a MobileNetV2 with a feature pyramid to stride 4 and three small heads: keypoint heatmaps, regression from a person's
centre, centres. Its own decoding picks a person by arg-max. `first_pose` is a smooth version of it, so that one can train through
it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sspnet_train.data.sample import COCO_OF_FACE, COCO_OF_LIMB, NECK_TO_HEAD
from sspnet_train.network.blocks import ConvBN
from sspnet_train.network.entry_flow import Entry
from sspnet_train.network.soft_argmax import expectation, pixel_centres, spatial_softmax

STRIDE_2_BLOCKS = (1, 3, 6, 13)
SKIPS = (9, 5, 2)
"""Blocks whose features the feature pyramid joins on its way up: strides 16, 8, 4."""


@dataclass(frozen=True)
class TrunkWidths:
    """Features of a MoveNet trunk.

    Attributes:
        stem: of the first convolution.
        blocks: of each block of the MobileNetV2.
        last: of its last layer.
        pyramid: of the fused features at strides 32, 16, 8, 4.
    """

    stem: int
    blocks: tuple[int, ...]
    last: int = 1280
    pyramid: tuple[int, ...] = (64, 32, 24, 24)


LIGHTNING = TrunkWidths(32, (16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320))
THUNDER = TrunkWidths(56, (32, 40, 40, 56, 56, 56, 112, 112, 112, 112, 168, 168, 168, 280, 280, 280, 560))
HEAD_WIDTH = 96

LEFT_EAR, RIGHT_EAR, NOSE = 3, 4, 0
SHIN_OF_FOOT = {22: (5, 6), 23: (2, 3), 24: (5, 6), 25: (2, 3), 26: (5, 6), 27: (2, 3)}
"""Heels and toes: the knee and the ankle from which a first guess is drawn on."""
BEYOND_ANKLE = 0.2
CENTRE_SPREAD = 0.12


class SameConvBN(ConvBN):
    """Padding as TensorFlow's SAME does it: (0, 1) at stride 2."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1):
        super().__init__(inputs, outputs, kernel, stride, groups)
        if stride == 2:
            self.conv.padding = (0, 0)

    def forward(self, x: Tensor) -> Tensor:
        if self.conv.stride == (1, 1):
            return super().forward(x)
        x = F.pad(x, (0, 1, 0, 1))
        if not (self.conv.groups > 1 and self.conv.weight.requires_grad and x.dtype == torch.bfloat16 and x.is_cpu):
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):  # PyTorch 2.13 goes back through it ten times as fast in float
            return super().forward(x.float()).bfloat16()


class InvertedResidual(nn.Module):
    """MobileNetV2's block: expand 6x, depthwise 3x3, project."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int):
        super().__init__()
        hidden = inputs * expansion
        self.expand = SameConvBN(inputs, hidden) if expansion > 1 else None
        self.depthwise = SameConvBN(hidden, hidden, 3, stride, groups=hidden)
        self.project = SameConvBN(hidden, outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class FusionUnit(nn.Module):
    """One step up MoveNet's feature pyramid: bilinear x2, plus lateral, depthwise 3x3, 1x1, ReLU."""

    def __init__(self, lateral: int, inputs: int, outputs: int):
        super().__init__()
        self.lateral = nn.Conv2d(lateral, inputs, 1)
        self.depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        self.pointwise = SameConvBN(inputs, outputs)

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        x = F.interpolate(coarse, scale_factor=2.0, mode="bilinear", align_corners=False) + self.lateral(fine)
        return F.relu(self.pointwise(self.depthwise(x)))


def movenet_head(inputs: int, outputs: int, hidden: int = HEAD_WIDTH) -> nn.Sequential:
    """Depthwise 3x3, 1x1, ReLU, 1x1."""
    depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
    return nn.Sequential(depthwise, nn.Conv2d(inputs, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, outputs, 1))


class MoveNetTrunk(nn.Module):
    """A MobileNetV2 with a feature pyramid to stride 4. Images are (N, 3, H, W) RGB in [-1, 1], sides multiples of 32."""

    def __init__(self, widths: TrunkWidths):
        super().__init__()
        self.widths = widths
        self.stem = SameConvBN(3, widths.stem, 3, stride=2)
        self.blocks = nn.ModuleList()
        inputs = widths.stem
        for index, outputs in enumerate(widths.blocks):
            self.blocks.append(InvertedResidual(inputs, outputs, 2 if index in STRIDE_2_BLOCKS else 1, 6 if index else 1))
            inputs = outputs
        self.last = SameConvBN(inputs, widths.last)
        self.top = nn.Conv2d(widths.last, widths.pyramid[0], 1)
        steps = zip(SKIPS, widths.pyramid, widths.pyramid[1:], strict=False)
        self.fusion = nn.ModuleList(FusionUnit(widths.blocks[skip], coarse, fine) for skip, coarse, fine in steps)

    def trunk(self, image: Tensor) -> tuple[list[Tensor], Tensor, Tensor, Tensor, Tensor]:
        """The blocks' answers by index, and the fused features at strides 32, 16, 8 and 4."""
        return self.deep(self.shallow(image, 0))

    def shallow(self, image: Tensor, blocks: int) -> list[Tensor]:
        """What the stem and the first `blocks` blocks answer, one after the other."""
        answers = [F.relu6(self.stem(image))]
        for block in self.blocks[:blocks]:
            answers.append(block(answers[-1]))
        return answers

    def deep(self, shallow: list[Tensor]) -> tuple[list[Tensor], Tensor, Tensor, Tensor, Tensor]:
        """The rest of the trunk, from what `shallow` gave."""
        x, answers = shallow[-1], shallow[1:]
        for block in self.blocks[len(answers) :]:
            x = block(x)
            answers.append(x)
        at32 = self.top(F.relu6(self.last(x)))
        at16 = self.fusion[0](at32, answers[SKIPS[0]])
        at8 = self.fusion[1](at16, answers[SKIPS[1]])
        return answers, at32, at16, at8, self.fusion[2](at8, answers[SKIPS[2]])


class MoveNetEntry(MoveNetTrunk):
    """Images to features at strides 8, 16 and 32 in the pyramids' width, a first pose, and features at stride 4."""

    def __init__(self, width: int, joints: int):
        super().__init__(LIGHTNING)
        self.joints = joints
        fine = LIGHTNING.pyramid[-1]
        self.heatmaps, self.regression, self.centre = (movenet_head(fine, outputs) for outputs in (17, 34, 1))
        self.decoding = SmoothDecoding()
        blocks, (at32, at16, at8, _) = LIGHTNING.blocks, LIGHTNING.pyramid
        self.to_level0 = ConvBN(blocks[5] + at8 + joints, width)
        self.to_level1, self.to_level2 = ConvBN(at16 + blocks[12], width), ConvBN(at32 + blocks[16], width)

    def forward(self, image: Tensor) -> Entry:
        skips, at32, at16, at8, at4 = self.trunk(image)
        pose, heatmap = self.first_pose(at4)
        guide = F.avg_pool2d(heatmap, 2) * (heatmap.shape[2] * heatmap.shape[3] / 16.0)
        levels = self.levels(skips, at32, at16, at8, guide)
        return Entry(levels, pose, at4)

    def levels(self, skips: list[Tensor], at32: Tensor, at16: Tensor, at8: Tensor, guide: Tensor) -> dict[int, Tensor]:
        """What the pyramids start from: at each stride the fused features, and the backbone's own, which say more."""
        return {
            0: self.to_level0(torch.cat([skips[5], at8, guide], dim=1)),
            1: self.to_level1(torch.cat([at16, skips[12]], dim=1)),
            2: self.to_level2(torch.cat([at32, skips[16]], dim=1)),
        }

    def first_pose(self, at4: Tensor) -> tuple[Tensor, Tensor]:
        """The first pose, in Human3.6M's order. (N, 24, H/4, W/4) -> pose (N, J, 2) in [0, 1], heatmaps (N, J, H/4, W/4)."""
        coarse = regressed_joints(self.regression(at4).float())
        pose, heatmap = self.decoding(self.heatmaps(at4).float(), coarse, self.centre(at4).float())
        return to_human36m(pose, self.joints), human36m_heatmaps(heatmap, self.joints)

    def people(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Where people are in a whole picture. Joints are in Human3.6M's order.

        Returns:
            Likelihood of centres (N, h, w) in [0, 1]; joints (N, 17, 2, h, w) as guessed from each cell; likelihood (N, 17, h, w)
            in [0, 1] that anybody's joint lies in a cell.
        """
        at4 = self.trunk(image)[-1]
        heat = torch.sigmoid(human36m_heatmaps(self.heatmaps(at4)))
        coarse = regressed_joints(self.regression(at4))
        joints = to_human36m(coarse.flatten(3).permute(0, 3, 1, 2).flatten(0, 1))
        n, _, _, h, w = coarse.shape
        return torch.sigmoid(self.centre(at4))[:, 0], joints.view(n, h * w, 17, 2).permute(0, 2, 3, 1).view(n, 17, 2, h, w), heat


class SmoothDecoding(nn.Module):
    """MoveNet's decoding (centre, regression, heatmap near the regressed joint), with an expectation for every arg-max."""

    def __init__(self) -> None:
        super().__init__()
        self.heat_gain = nn.Parameter(torch.tensor(4.0))
        self.distance_gain = nn.Parameter(torch.tensor(2.0))
        self.centre_gain = nn.Parameter(torch.tensor(3.0))

    def forward(self, heat: Tensor, coarse: Tensor, centre: Tensor) -> tuple[Tensor, Tensor]:
        """Decode the pose of the person in the middle.

        Args:
            heat: (N, 17, h, w).
            coarse: (N, 17, 2, h, w) joints in [0, 1], regressed from each cell.
            centre: (N, 1, h, w).

        Returns:
            Pose (N, 17, 2), and heatmaps.
        """
        u, v = pixel_centres(heat.shape[3], heat), pixel_centres(heat.shape[2], heat)
        middle = -((v[:, None] - 0.5) ** 2 + (u[None] - 0.5) ** 2) / (2 * CENTRE_SPREAD**2)
        here = torch.softmax((centre[:, 0] * self.centre_gain + middle).flatten(1), dim=1)
        joint = (coarse.flatten(3) * here[:, None, None]).sum(dim=3)
        distance2 = (u - joint[:, :, 0:1]).square()[:, :, None] + (v - joint[:, :, 1:2]).square()[:, :, :, None]
        heatmap = spatial_softmax(heat * self.heat_gain - self.distance_gain * torch.log(distance2 + 0.02**2))
        return expectation(heatmap), heatmap


def regressed_joints(regression: Tensor) -> Tensor:
    """Joints by MoveNet's regression head. (N, 34, h, w) offsets (y, x) in cells -> (N, 17, 2, h, w) u, v in [0, 1]."""
    n, _, h, w = regression.shape
    offset = regression.view(n, 17, 2, h, w)
    u = offset[:, :, 1] / w + pixel_centres(w, regression)
    v = offset[:, :, 0] / h + pixel_centres(h, regression)[:, None]
    return torch.stack([u, v], dim=2)


def to_human36m(coco: Tensor, count: int = 17) -> Tensor:
    """(N, 17, 2) in COCO's order -> the first `count` of our 28 joints.

    Pelvis, spine and thorax are midpoints. The head lies between the ears. COCO lacks heels and toes: they are guessed beyond the
    ankle, in the direction of the shin.
    """
    joints = _limbs_and_midpoints(coco, count)
    joints[7] = (joints[0] + joints[8]) / 2
    joints[9] = joints[8] + NECK_TO_HEAD * (joints[10] - joints[8])
    for joint, (knee, ankle) in SHIN_OF_FOOT.items():
        if joint < count:
            joints[joint] = joints[ankle] + BEYOND_ANKLE * (joints[ankle] - joints[knee])
    return torch.stack(joints, dim=1)


def human36m_heatmaps(coco: Tensor, count: int = 17) -> Tensor:
    """The same for heatmaps: means of the maps that the joints come from.

    Spine shows the thorax, neck the nose, feet the ankle.
    """
    maps = _limbs_and_midpoints(coco, count)
    maps[7] = maps[8]
    for joint, (_, ankle) in SHIN_OF_FOOT.items():
        if joint < count:
            maps[joint] = maps[ankle]
    return torch.stack(maps, dim=1)


def _limbs_and_midpoints(coco: Tensor, count: int) -> list[Tensor]:
    """(N, 17, …) in COCO's order -> `count` of (N, …) in ours. Spine, neck and feet hold the nose."""
    joints: list[Tensor] = [coco[:, NOSE]] * count
    for joint, source in (COCO_OF_LIMB | COCO_OF_FACE).items():
        if joint < count:
            joints[joint] = coco[:, source]
    joints[0] = (joints[1] + joints[4]) / 2
    joints[8] = (joints[11] + joints[14]) / 2
    joints[10] = (coco[:, LEFT_EAR] + coco[:, RIGHT_EAR]) / 2
    return joints
