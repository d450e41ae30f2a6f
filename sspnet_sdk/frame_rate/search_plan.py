"""How much searching a frame may pay for: which finder runs, how often, and who settles a doubt. Pure: costs come in.

Twins: cpp/src/search_plan.cpp, examples/web/estimator/search_plan.js. All three replay tests/search_cases.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sspnet_sdk.options import Goal

_SHARE = 0.4  # of the frame budget that finding the person may take
_FEWEST_RUNS = 2  # under a frame rate: a pose beside the person is worth nothing, however early
_UNLIMITED_RUNS = 1000
_LOOKS, _LOOKS_FOR_EVERYBODY = 3, 20  # at small people, from nearer
_FINER_COST = 4  # of a finder with twice as many cells each way, against the one beside it
_CHOOSING_COST = 5  # of the poses that say who is a person


@dataclass(frozen=True)
class Finders:
    """The finders of a bundle.

    Attributes:
        sizes: their inputs in pixels, ascending; not empty.
        finer: those of `sizes` beside which there is a finder of twice the size.
        cost_ms: what a run of each takes on this device now; only those that were measured.
        one_look: one run over the whole picture also finds small people; poses settle doubts.
    """

    sizes: tuple[int, ...]
    finer: frozenset[int]
    cost_ms: Mapping[int, float]
    one_look: bool = False


@dataclass(frozen=True)
class SearchPlan:
    """How people are searched for in one picture.

    Attributes:
        size: input of the finder that runs, in pixels.
        looks: so many small people, at most, are looked at again from nearer; with `Finders.one_look`, by poses.
        finer: the finder of twice the size may be asked where nobody is clear.
        poses: poses may say who is a person where nobody is clear.
        everybody: all people are wanted, not one.
    """

    size: int
    looks: int
    finer: bool
    poses: bool
    everybody: bool = False


def plan_search(finders: Finders, goal: Goal, everybody: bool = False, patient: bool = False) -> SearchPlan:
    """The search that the goal leaves time for.

    Args:
        finders: what there is to run.
        goal: of this frame.
        everybody: search for all people, not for the one whose pose is asked for.
        patient: search whatever that costs. A goal then only forgoes what a doubt would cost.
    """
    (size, runs), hurry = _affordable(finders, Goal() if patient else goal), patient and goal.budget_ms is not None
    looks = min(_LOOKS_FOR_EVERYBODY if everybody else _LOOKS, runs - 1)
    if finders.one_look:
        looks = 0 if hurry else looks
        return SearchPlan(size, looks, False, looks > 0, everybody)
    left = 0 if hurry else runs - 1 - 2 * looks
    finer, poses = left > _FINER_COST and size in finders.finer, left > _FINER_COST + _CHOOSING_COST
    return SearchPlan(size, looks, finer, poses, everybody)


def leaves_time(cost_ms: Mapping[int, float], goal: Goal) -> bool:
    """Whether a frame's deadline leaves time for one run of the cheapest finder (see `Finders.cost_ms`)."""
    if goal.deadline_ms is None or not cost_ms:
        return True
    return min(cost_ms.values()) <= _SHARE * goal.deadline_ms


def _affordable(finders: Finders, goal: Goal) -> tuple[int, int]:
    """Finder size and number of runs that the budget allows. Two are preferred where one pass gives a rough box."""
    if goal.budget_ms is None:
        return finders.sizes[-1], _UNLIMITED_RUNS
    fewest = 1 if goal.deadline_ms is not None or finders.one_look else _FEWEST_RUNS
    budget_ms, measured = _SHARE * goal.budget_ms, [size for size in finders.sizes if size in finders.cost_ms]
    if not measured:
        return finders.sizes[0], fewest
    fitting = [
        size for runs in range(1, 2 if finders.one_look else 3) for size in measured if runs * finders.cost_ms[size] <= budget_ms
    ]
    size = fitting[-1] if fitting else measured[0]
    return size, max(fewest, int(min(budget_ms / finders.cost_ms[size], _UNLIMITED_RUNS)))
