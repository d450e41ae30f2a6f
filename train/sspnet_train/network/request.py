"""What can be asked of a network: cuts that it has, and sizes and numbers of people that mean something."""

from __future__ import annotations

from collections.abc import Sequence

from sspnet_train.errors import TrainingOptionError
from sspnet_train.network.model import SSPNetConfig


def check_cuts(config: SSPNetConfig, cuts: Sequence[int], first: int = 1) -> None:
    """Refuse cuts that a network does not have.

    Args:
        config: the network's.
        cuts: pyramids after which it is to answer.
        first: the first cut that there is; 0 is the first pose of a guided entry.

    Raises:
        TrainingOptionError: there is no such cut.
    """
    for cut in cuts:
        if not first <= cut <= config.pyramids:
            raise TrainingOptionError(f"there is no cut {cut}: the network has the pyramids 1 to {config.pyramids}")


def check_size(config: SSPNetConfig, size: int) -> None:
    """Refuse a side of the input, in pixels, that the network's levels do not divide.

    Raises:
        TrainingOptionError: it is no multiple of the largest stride.
    """
    stride = config.largest_stride
    if size < 1 or size % stride:
        raise TrainingOptionError(f"size {size} is not a multiple of {stride}, the network's largest stride")


def check_limit(limit: int | None) -> None:
    """Refuse to look at nobody.

    Raises:
        TrainingOptionError: the limit is less than one person.
    """
    if limit is not None and limit < 1:
        raise TrainingOptionError(f"a limit of {limit} people leaves nobody: it starts from 1")
