"""What can go wrong on the way to a bundle."""

from sspnet_sdk.errors import OptionError, SSPNetError


class ExportError(SSPNetError):
    """A checkpoint that cannot be exported, a graph that disagrees with PyTorch, or a folder that must not be replaced."""


class ExportOptionError(ExportError, OptionError):
    """An option that means nothing here: a cut or size that the network lacks, a precision without what it needs."""
