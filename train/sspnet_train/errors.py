"""The errors of training. Each tells in one line what is wrong and what would be right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sspnet_sdk.errors import OptionError, SSPNetError


class TrainingError(SSPNetError, ValueError):
    """A request that cannot be carried out as given. The parent of every error of this package."""


class TrainingOptionError(TrainingError, OptionError):
    """An option that means nothing here: a recipe, cut or size that does not exist, or one that lacks what it needs."""


class DataError(TrainingError):
    """A data set that is missing, or is not laid out as its reader expects."""


class DataOptionError(DataError, TrainingOptionError):
    """A data set that is given twice, or under a name that no reader has."""


class CheckpointError(TrainingError):
    """A file that is no checkpoint of ours, or does not fit."""


class LabelError(TrainingError):
    """Photographs, labels or models that cannot be used for labelling."""


@contextmanager
def one_line() -> Iterator[None]:
    """Decorates a command's `main`: an error of ours ends the process with its one line and exit code 1, without a traceback."""
    try:
        yield
    except SSPNetError as problem:
        raise SystemExit(f"error: {problem}") from None
