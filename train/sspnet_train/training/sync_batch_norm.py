"""Batch norm over the batch of all ranks. With it, several processes learn what one would at the same global batch.

PyTorch's SyncBatchNorm does this on CUDA only. On the CPU the same sums go through gloo.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce


class CPUSyncBatchNorm2d(nn.BatchNorm2d):
    """nn.BatchNorm2d whose mean and variance are those of all ranks' batches. These must be of equal size."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return super().forward(input)
        count = input.numel() // input.shape[1] * dist.get_world_size()
        mean = all_reduce(input.sum(dim=(0, 2, 3))) / count
        centred = input - mean[:, None, None]
        variance = all_reduce(centred.square().sum(dim=(0, 2, 3))) / count
        with torch.no_grad():
            assert self.momentum is not None and self.num_batches_tracked is not None
            self.running_mean.lerp_(mean, self.momentum)  # type: ignore[union-attr]
            self.running_var.lerp_(variance * (count / max(count - 1, 1)), self.momentum)  # type: ignore[union-attr]
            self.num_batches_tracked += 1
        gain = torch.rsqrt(variance + self.eps) * self.weight
        return centred * gain[:, None, None] + self.bias[:, None, None]


def synchronise_batch_norm(network: nn.Module, device: torch.device) -> None:
    """Replace every batch norm inside `network`. Parameters, statistics and their names stay."""
    if device.type == "cuda":
        nn.SyncBatchNorm.convert_sync_batchnorm(network)
        return
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.BatchNorm2d:
                replacement = CPUSyncBatchNorm2d(child.num_features, child.eps, child.momentum)
                replacement.weight, replacement.bias = child.weight, child.bias
                replacement.load_state_dict(child.state_dict())
                replacement.train(child.training)
                setattr(module, name, replacement)
