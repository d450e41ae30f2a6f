"""Batch norm folded into the convolution before it, remembering both factors.

A folded weight is (raw weight) x (one factor per output channel). Checkpoints hold raw weights as fp16, so a bundle that stores the raw
weight and the factor is exact where storing the product as fp16 would not be.
"""

from __future__ import annotations

import torch
from sspnet_train.blocks import ConvBN
from torch import Tensor, nn


class FactoredConv(nn.Conv2d):
    """A convolution whose weight is `raw` times `factor` (broadcast over the weight's shape)."""

    raw: Tensor
    factor: Tensor

    @classmethod
    def of(cls, conv: nn.Conv2d, factor: Tensor, bias: Tensor, raw: Tensor | None = None) -> FactoredConv:
        """Shapes, stride and padding of `conv`; other weights than its own where `raw` is given."""
        raw = (conv.weight if raw is None else raw).detach()
        folded = cls(
            raw.shape[1] * conv.groups, raw.shape[0], conv.kernel_size, conv.stride, conv.padding, groups=conv.groups
        )  # fmt: skip
        folded.raw, folded.factor = raw, factor.detach().expand([1] * 4) if factor.ndim == 0 else factor.detach()
        with torch.no_grad():
            folded.weight.copy_(folded.raw * folded.factor)
            folded.bias.copy_(bias)  # type: ignore[union-attr]
        return folded


def fold_batch_norm(network: nn.Module) -> None:
    """Replace every `ConvBN`, in place, by its convolution with the batch norm's running statistics folded in."""
    for module in list(network.modules()):
        if isinstance(module, ConvBN):
            module.conv, module.bn = folded(module), nn.Identity()


def folded(layer: ConvBN) -> FactoredConv:
    """The convolution that equals `layer` in eval mode; the factor is computed in float64 and rounded once."""
    bn = layer.bn
    assert bn.running_mean is not None and bn.running_var is not None
    gain = bn.weight.double() / (bn.running_var.double() + bn.eps).sqrt()
    bias = bn.bias.double() - bn.running_mean.double() * gain
    return FactoredConv.of(layer.conv, gain.float()[:, None, None, None], bias.float())
