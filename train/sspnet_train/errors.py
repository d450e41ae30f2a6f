"""What goes wrong in training, told in one line each."""

from __future__ import annotations


class TrainingError(ValueError):
    """A request that cannot be carried out as given."""


class DataError(TrainingError):
    """A data set that is not there, or not in the layout its reader expects."""


class LabelError(TrainingError):
    """Photographs, labels or models that cannot be used, said in one line."""
