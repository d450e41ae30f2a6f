"""The assignment is the cheapest there is, and nobody is paired beyond the limit."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sspnet_sdk.people import assignment
from sspnet_sdk.people.assignment import assign

_COST = st.one_of(st.floats(0, 1), st.just(np.inf))


def _least(costs: np.ndarray, limit: float) -> float:
    rows, columns = costs.shape
    ways = [way for way in itertools.product(range(-1, columns), repeat=rows) if len({*way} - {-1}) == sum(c >= 0 for c in way)]
    return min(sum(limit if column < 0 else costs[row, column] for row, column in enumerate(way)) for way in ways)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(1, 4), st.integers(1, 4), st.floats(0.05, 1))
def test_no_other_pairing_costs_less(data, rows, columns, limit):
    costs = np.array(data.draw(st.lists(_COST, min_size=rows * columns, max_size=rows * columns))).reshape(rows, columns)
    pairs = assign(costs, limit)
    assert all(costs[pair] <= limit for pair in pairs)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    total = sum(costs[pair] for pair in pairs) + limit * (rows - len(pairs))
    assert total <= _least(costs, limit) + 1e-9


def test_taking_the_nearest_one_after_the_other_would_be_wrong():
    assert assign([[0.1, 0.2], [0.15, 0.9]], 1.0) == [(0, 1), (1, 0)]


def test_nobody_has_nobody():
    assert assign(np.zeros((0, 3)), 1.0) == assign(np.zeros((3, 0)), 1.0) == assign([], 1.0) == []


@pytest.mark.parametrize("shape", [(900, 2), (2, 900)])
def test_many_who_are_lost_and_few_in_sight_are_few_steps(shape, monkeypatch):
    steps = []
    monkeypatch.setattr(assignment, "_augment", lambda *given, step=assignment._augment: (steps.append(1), step(*given)))
    costs = np.random.default_rng(0).uniform(0.2, 1.0, shape)
    costs[-1, -1] = costs[0, 0] = 0.1
    assert assign(costs, 0.5) == [(0, 0), (shape[0] - 1, shape[1] - 1)]
    assert len(steps) == 2
