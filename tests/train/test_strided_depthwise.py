"""MoveNet's strided depthwise convolutions: under bf16 on a CPU they run in float, which takes them back far faster."""

from __future__ import annotations

import torch
from sspnet_train.network.movenet import SameConvBN


def _gradient(layer: SameConvBN, image: torch.Tensor, bf16: bool) -> tuple[torch.Tensor, torch.Tensor]:
    layer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        answer = layer(image.bfloat16() if bf16 else image)
    answer.float().sum().backward()
    return answer, layer.conv.weight.grad.clone()


def test_under_bf16_its_weights_get_gradients_as_exact_as_in_float():
    torch.manual_seed(0)
    layer, image = SameConvBN(8, 8, 3, stride=2, groups=8).eval(), torch.randn(2, 8, 16, 16).bfloat16().float()
    expected, in_float = _gradient(layer, image, bf16=False)
    answer, under_bf16 = _gradient(layer, image, bf16=True)
    assert answer.dtype == torch.bfloat16
    torch.testing.assert_close(answer.float(), expected, atol=0, rtol=2**-8)
    torch.testing.assert_close(under_bf16, in_float, atol=1e-5, rtol=1e-6)
