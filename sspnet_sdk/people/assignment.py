"""Who is whom: pairs of least total cost (the Hungarian method by shortest augmenting paths)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def assign(costs: ArrayLike, limit: float) -> list[tuple[int, int]]:
    """Pairs (row, column) of least total cost. Each row and column comes once at most, and an unpaired row costs `limit`.

    So no pair costs more than `limit`. The result is exact. The time grows with the square of the fewer of both times the more.

    Args:
        costs: (N, M), no NaN; infinite where a pair is impossible.
        limit: what a pair may cost at most.
    """
    given = np.asarray(costs, np.float64)
    if given.ndim != 2 or not given.size:
        return []
    if given.shape[0] > given.shape[1]:
        return sorted((row, column) for column, row in assign(given.T, limit))
    rows, columns = given.shape
    table = np.concatenate([np.minimum(given, 4.0 * abs(limit) + 1.0), np.full((rows, rows), float(limit))], axis=1)
    owner = np.full(columns + rows, -1)
    row_price, column_price = np.zeros(rows), np.zeros(columns + rows)
    for row in range(rows):
        _augment(table, row, owner, row_price, column_price)
    pairs = [(int(owner[column]), column) for column in range(columns) if owner[column] >= 0]
    return sorted(pair for pair in pairs if given[pair] <= limit)


def _augment(
    table: NDArray[np.float64],
    row: int,
    owner: NDArray[np.int64],
    row_price: NDArray[np.float64],
    column_price: NDArray[np.float64],
) -> None:
    """Give `row` a column. Others may have to move along the cheapest path to a free one (Dijkstra on reduced costs)."""
    count = table.shape[1]
    distance, before = np.full(count, np.inf), np.full(count, -1)
    done = np.zeros(count, bool)
    at_row, at_column, so_far = row, -1, 0.0
    visited = [row]
    while True:
        through = so_far + table[at_row] - row_price[at_row] - column_price
        better = ~done & (through < distance)
        distance[better], before[better] = through[better], at_column
        at_column = int(np.where(done, np.inf, distance).argmin())
        so_far = float(distance[at_column])
        done[at_column] = True
        if owner[at_column] < 0:
            break
        at_row = int(owner[at_column])
        visited.append(at_row)
    reached = done & (owner >= 0)
    for column in np.flatnonzero(reached):
        row_price[owner[column]] += so_far - distance[column]
        column_price[column] -= so_far - distance[column]
    row_price[row] += so_far
    while at_column >= 0:
        previous = int(before[at_column])
        owner[at_column] = row if previous < 0 else owner[previous]
        at_column = previous
