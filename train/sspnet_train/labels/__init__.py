"""Agreed 2D and 3D labels for photographs of one's own."""

from .errors import LabelError
from .label_folder import label_folder

__all__ = ["LabelError", "label_folder"]
