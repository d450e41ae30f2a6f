"""What may be asked of an export. Everything else is refused in one line, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

from sspnet_train.network.model import SSPNet

from sspnet_export.errors import ExportOptionError

PRECISIONS = ("fp32", "fp16", "int8")
COMPUTED = "bf16"
"""No graphs of its own: engines compute the fp32 graphs in it, and a bundle states what that costs."""


def check_cuts(network: SSPNet, cuts: Sequence[int]) -> tuple[int, ...]:
    last = network.config.pyramids
    if not cuts or len(set(cuts)) != len(cuts) or not all(1 <= cut <= last for cut in cuts):
        raise ExportOptionError(f"cuts must be distinct pyramids from 1 to {last}, got {listed(cuts)}")
    return tuple(sorted(cuts))


def check_sizes(network: SSPNet, sizes: Sequence[int]) -> tuple[int, ...]:
    stride = network.config.largest_stride
    if not sizes or len(set(sizes)) != len(sizes) or not all(size > 0 and size % stride == 0 for size in sizes):
        raise ExportOptionError(f"sizes must be distinct multiples of {stride} (the largest stride), got {listed(sizes)}")
    return tuple(sorted(sizes))


def listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"


def check_precisions(precisions: Sequence[str], calibrated: bool, people: bool) -> tuple[str, ...]:
    """Those with graphs, in the order of PRECISIONS. fp32 is always among them."""
    for precision in precisions:
        if precision not in (*PRECISIONS, COMPUTED):
            raise ExportOptionError(f"precision must be one of {', '.join((*PRECISIONS, COMPUTED))}, got {precision!r}")
    if COMPUTED in precisions and not people:
        raise ExportOptionError(
            f"{COMPUTED} needs people with labels to be scored on: --data people3d=FOLDER --data synth3d=FOLDER"
        )
    if "int8" in precisions and not calibrated:
        raise ExportOptionError("int8 needs calibration: a folder of pictures with one person in each")
    return tuple(precision for precision in PRECISIONS if precision == "fp32" or precision in precisions)
