"""Agreed 2D and 3D labels for your own photographs."""

from sspnet_train.errors import LabelError
from sspnet_train.labels.label_folder import label_folder

__all__ = ["LabelError", "label_folder"]
