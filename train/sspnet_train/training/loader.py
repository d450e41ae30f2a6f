"""Batches in their order, made in this process or by others. What fails there is told here, in one line."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence

from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from sspnet_train.errors import TrainingError, TrainingOptionError
from sspnet_train.training.batches import Batches
from sspnet_train.training.losses import Targets


def check_workers(workers: int) -> None:
    """Data sets are functions, which only a forked process has too.

    Raises:
        TrainingOptionError: worker processes are asked for where no process can fork.
    """
    if workers and "fork" not in multiprocessing.get_all_start_methods():
        raise TrainingOptionError("worker processes need a system that can fork, as Linux: leave workers out, or at 0")


def loaded(batches: Batches, steps: Sequence[int], workers: int) -> Iterator[tuple[Tensor, Targets]]:
    """The batches of some steps.

    Args:
        batches: where they come from.
        steps: their numbers, in order.
        workers: processes that make them; 0: this one.

    Raises:
        TrainingError: one cannot be made, or a worker was killed.
    """
    check_workers(workers)
    context = "fork" if workers else None
    loader = DataLoader(_Told(batches), batch_size=None, sampler=steps, num_workers=workers, multiprocessing_context=context)
    try:
        for batch in loader:
            if isinstance(batch, TrainingError):
                raise batch
            yield batch
    except RuntimeError as error:
        if not str(error).startswith("DataLoader worker"):
            raise
        told = str(error).partition("\n")[0].rstrip(".")
        raise TrainingError(f"{told}: memory may be short; fewer workers, or none, need less") from None


class _Told(Dataset):
    """Batches, or the error of ours in their place: PyTorch hands errors of its workers on with all their traceback."""

    def __init__(self, batches: Batches):
        self._batches = batches

    def __getitem__(self, step: int) -> tuple[Tensor, Targets] | TrainingError:
        try:
            return self._batches[step]
        except TrainingError as error:
            return error
