"""What can go wrong on the way to a bundle."""

from sspnet_sdk.errors import SSPNetError


class ExportError(SSPNetError):
    """A checkpoint that cannot be exported, a graph that disagrees with PyTorch, or a folder that must not be replaced."""
