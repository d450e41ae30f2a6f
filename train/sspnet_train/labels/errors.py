"""The error of this room."""

from ..errors import TrainingError


class LabelError(TrainingError):
    """Photographs, labels or models that cannot be used, said in one line."""
