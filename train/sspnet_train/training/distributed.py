"""Several ranks under `torchrun`: what they must agree on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor


@contextmanager
def torchrun_ranks() -> Iterator[int]:
    """Join the process group that torchrun's environment describes, if there is one, and leave it afterwards. -> this rank."""
    if "RANK" not in os.environ or dist.is_initialized():
        yield dist.get_rank() if dist.is_initialized() else 0
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield dist.get_rank()
    finally:
        dist.destroy_process_group()


def ranks_given() -> int:
    """How many ranks torchrun's environment says there are, before they have joined."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


def rank_and_world() -> tuple[int, int]:
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


def agreed(wish: bool) -> bool:
    """True on all ranks if one of them wishes it. What hangs on a clock or a signal must happen at one step everywhere."""
    if not dist.is_initialized():
        return wish
    flag = torch.tensor([int(wish)])
    dist.all_reduce(flag, op=dist.ReduceOp.MAX)
    return bool(flag.item())


def mean_over_ranks(values: Tensor) -> Tensor:
    """The mean of a small tensor over all ranks, on the CPU or where it was."""
    if not dist.is_initialized():
        return values
    values = values.clone()
    dist.all_reduce(values)
    return values / dist.get_world_size()
