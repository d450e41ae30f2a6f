"""Batch norm: put back into a network that came without it, and the function stays the same."""

from __future__ import annotations

import torch
from sspnet_train.network.blocks import ConvBN
from sspnet_train.network.init_movenet import restore_batch_norm
from sspnet_train.network.movenet import MoveNetEntry


def test_restoring_batch_norm_leaves_the_function_unchanged():
    torch.manual_seed(0)
    entry = MoveNetEntry(width=16, joints=17).eval()
    images = [torch.randn(2, 3, 64, 64) for _ in range(2)]
    with torch.no_grad():
        before = entry(images[0])
        restore_batch_norm(entry, images)
        after = entry(images[0])
    torch.testing.assert_close(after.pose, before.pose, atol=1e-5, rtol=0)
    for level, features in before.levels.items():
        scale = features.abs().max()
        torch.testing.assert_close(after.levels[level] / scale, features / scale, atol=1e-4, rtol=0)


def test_restored_batch_norms_see_unit_variance():
    torch.manual_seed(0)
    entry = MoveNetEntry(width=16, joints=17).eval()
    images = [torch.randn(4, 3, 64, 64)]
    restore_batch_norm(entry, images)
    seen = {}
    layer = next(m for m in entry.blocks[3].modules() if isinstance(m, ConvBN))
    layer.conv.register_forward_hook(lambda _m, _i, output: seen.update(output=output))
    with torch.no_grad():
        entry.trunk(images[0])
    variance = seen["output"].var(dim=(0, 2, 3), unbiased=False)
    torch.testing.assert_close(variance, torch.ones_like(variance), atol=0.05, rtol=0)
