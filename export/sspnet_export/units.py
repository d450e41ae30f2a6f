"""DU and UU for inference at one map size: resample, R, merge, predict, with every constant folded into a convolution."""

from __future__ import annotations

import torch.nn.functional as F
from sspnet_train.network.blocks import ConvBN
from sspnet_train.network.model import Unit
from torch import Tensor, nn

from sspnet_export.fold import FactoredConv, channel_scale, folded_conv
from sspnet_export.heads import HeadMaps, InferenceHead
from sspnet_export.large_heads import LEAST_EXTENT, LargeHead


class InferenceUnit(nn.Module):
    """`Unit` whose maps have extent x extent cells. Its batch norms must be folded already."""

    def __init__(self, unit: Unit, extent: int, joins: bool):
        """`joins` says whether features of an earlier pyramid come in at this level."""
        super().__init__()
        self.down, self.deeper = unit.down, unit.deeper
        self.body = unit.residual.body
        self.shortcut: nn.Module = unit.residual.shortcut
        self.earlier: nn.Module = nn.Identity()
        if joins and unit.merge is not None:
            self.weigh(unit.merge)
        self.look = look_as_stride_2(folded_conv(unit.look)) if unit.look is not None else None
        self.head = (LargeHead if extent >= LEAST_EXTENT else InferenceHead)(unit.head, extent)

    def weigh(self, merge: Tensor) -> None:
        """Fold the two merge weights into the branches they multiply."""
        pointwise = self.body.pointwise
        pointwise.conv = folded_conv(pointwise).times(merge[0])
        if isinstance(self.shortcut, ConvBN):
            self.shortcut.conv = folded_conv(self.shortcut).times(merge[0])
        else:
            self.shortcut = channel_scale(pointwise.conv.out_channels, merge[0])
        self.earlier = channel_scale(pointwise.conv.out_channels, merge[1])

    def forward(
        self, x: Tensor, same_level: Tensor | None, fine: Tensor | None, state: Tensor | None
    ) -> tuple[Tensor, Tensor, HeadMaps]:
        """As `Unit.forward`, with the head's state for its pose. -> features, state, what the head's answer is read from."""
        x = F.max_pool2d(x, 2) if self.down else F.interpolate(x, scale_factor=2.0, mode="nearest")
        x = self.shortcut(x) + self.body(x)
        if same_level is not None:
            x = x + self.earlier(same_level)
        for unit in self.deeper:
            x = unit(x)
        if self.look is not None and fine is not None:
            x = x + self.look(fine)
        return self.head(x, state)


def look_as_stride_2(conv: FactoredConv) -> FactoredConv:
    """A 1x1 convolution after pixel_unshuffle(2) is a 2x2 convolution of stride 2, and needs no transpose."""
    raw = conv.raw.reshape(conv.out_channels, -1, 2, 2)
    assert conv.bias is not None
    return FactoredConv.of(nn.Conv2d(raw.shape[1], raw.shape[0], 2, stride=2), conv.factor, conv.bias, raw)
