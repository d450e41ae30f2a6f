"""Constants folded into convolutions: batch norms, gains, merge weights.

A folded weight is (raw weight) x (factor). Checkpoints hold raw weights as fp16, so a bundle that stores the raw weight and the
small factor is exact where storing their product as fp16 would not be.
"""

from __future__ import annotations

import torch
from sspnet_train.network.blocks import ConvBN
from torch import Tensor, nn


class FactoredConv(nn.Conv2d):
    """A convolution whose weight is `raw` times `factor` (broadcast over the weight's shape)."""

    raw: Tensor
    factor: Tensor

    @classmethod
    def of(cls, conv: nn.Conv2d, factor: Tensor, bias: Tensor, raw: Tensor | None = None) -> FactoredConv:
        """A convolution with kernel, stride, padding and groups of `conv`.

        `raw` is given where other weights than its own are wanted.
        """
        raw = (conv.weight if raw is None else raw).detach()
        outputs, inputs = raw.shape[0], raw.shape[1] * conv.groups
        folded = cls(inputs, outputs, conv.kernel_size, conv.stride, conv.padding, groups=conv.groups)  # type: ignore[arg-type]
        folded.raw, folded.factor = raw, factor.detach().reshape(factor.shape or (1, 1, 1, 1))
        with torch.no_grad():
            folded.weight.copy_(folded.raw * folded.factor)
            assert folded.bias is not None
            folded.bias.copy_(bias)
        return folded

    def times(self, gain: Tensor) -> FactoredConv:
        """The same convolution with its answer multiplied by `gain`."""
        assert self.bias is not None
        return FactoredConv.of(self, self.factor * gain, self.bias * gain, self.raw)

    def of_scaled_input(self, scale: float) -> FactoredConv:
        """The same convolution for an input that is multiplied by `scale`."""
        assert self.bias is not None
        return FactoredConv.of(self, self.factor / scale, self.bias, self.raw)


def fold_batch_norm(network: nn.Module) -> None:
    """Replace every `ConvBN`'s convolution, in place, by one with the batch norm's running statistics folded in."""
    for module in list(network.modules()):
        if isinstance(module, ConvBN):
            module.conv, module.bn = folded(module), nn.Identity()  # type: ignore[assignment]


def folded(layer: ConvBN) -> FactoredConv:
    """The convolution that equals `layer` in eval mode. Its factor is computed in float64 and rounded once."""
    bn = layer.bn
    assert bn.running_mean is not None and bn.running_var is not None
    gain = bn.weight.double() / (bn.running_var.double() + bn.eps).sqrt()
    bias = bn.bias.double() - bn.running_mean.double() * gain
    return FactoredConv.of(layer.conv, gain.float()[:, None, None, None], bias.float())


def folded_conv(layer: ConvBN) -> FactoredConv:
    """The convolution of a layer that `fold_batch_norm` has been through."""
    assert isinstance(layer.conv, FactoredConv)
    return layer.conv


def constant_conv(weight: Tensor, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    """A convolution by a fixed (outputs, inputs / groups, k, k) weight, without bias or padding."""
    outputs, inputs, kernel, _ = weight.shape
    conv = nn.Conv2d(inputs * groups, outputs, kernel, stride, groups=groups, bias=False)
    with torch.no_grad():
        conv.weight.copy_(weight)
    return conv


def constant_linear(weight: Tensor, bias: Tensor | None = None) -> nn.Linear:
    """A product with a fixed (outputs, inputs) weight."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias is not None)
    layer.weight = nn.Parameter(weight.detach(), requires_grad=False)
    if bias is not None:
        layer.bias = nn.Parameter(bias.detach(), requires_grad=False)
    return layer


def channel_scale(width: int, gain: Tensor) -> nn.Conv2d:
    """Every channel times one number. It is a depthwise convolution, because runtimes fuse that and keep their blocked layout."""
    return constant_conv(gain.detach().expand(width, 1, 1, 1), groups=width)
