"""Which networks of an engine a frame budget can need, in the order in which they matter. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from sspnet_sdk.frame_rate.rate import OperatingPoint, pareto_front

Network = tuple[str, int]
"""Precision and input size. Its cuts share their stages."""

SHARE = 0.94
"""Of the budget, what a network may take: the rest is for the crop and the joints in millimetres."""
_ESTIMATED_SHARE = 0.7  # where its time is only estimated, to begin with
_SURELY = 0.75  # of its estimated time, a network takes at least


def network_of(point: OperatingPoint) -> Network:
    """The network that a point is a cut of."""
    return point.precision, point.input_size


def agenda(points: Sequence[OperatingPoint], measured: Collection[Network], budget_ms: float, own: str) -> dict[Network, int]:
    """The networks that are worth having, each with its deepest cut that is: the best within the budget first.

    Left out is what a measured point surely beats in both latency and error, and what surely takes longer than the budget. The
    fastest network always counts: frames go there when the device is busy.

    Args:
        points: of all networks, measured or estimated.
        measured: the networks whose points are measured.
        budget_ms: for one frame.
        own: the precision that the engine was looked at in. What is not measured in others comes last.
    """
    known = [point for point in points if network_of(point) in measured]
    front = pareto_front(known)
    fastest = min(points, key=lambda point: point.p50_ms)
    worth = [fastest]
    for point in points:
        if network_of(point) in measured:
            needed = point in front and point.p50_ms <= budget_ms
        else:
            least_ms = _SURELY * point.p50_ms
            needed = least_ms <= budget_ms and not any(q.p50_ms <= least_ms and q.error <= point.error for q in known)
        if needed:
            worth.append(point)

    def order(network: Network) -> tuple[bool, float, float]:
        mine = [point for point in worth if network_of(point) == network]
        share = SHARE if network in measured else _ESTIMATED_SHARE
        fitting = [point.error for point in mine if point.p50_ms <= share * budget_ms]
        later = network not in measured and network[0] != own
        return later, min(fitting, default=math.inf), min(point.p50_ms for point in mine)

    networks = sorted(dict.fromkeys(map(network_of, worth)), key=order)
    return {network: max(point.cut for point in worth if network_of(point) == network) for network in networks}
