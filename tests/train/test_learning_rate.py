"""The learning rate rises, stays, and falls."""

from __future__ import annotations

import pytest
import torch
from sspnet_train.millimetres.one_cycle import one_cycle
from sspnet_train.training.learning_rate import Plateau, rate_at


def test_the_rate_rises_over_the_first_steps_and_falls_to_zero_along_a_half_cosine():
    rates = [rate_at(step, steps=100, warmup_steps=10, decay_from=60) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * (step + 1) for step in range(10)])
    assert rates[10:61] == [1.0] * 51
    assert rates[80] == pytest.approx(0.5) and rates[70] > 0.8
    assert rates[60:] == sorted(set(rates[60:]), reverse=True) and 0 < rates[-1] < 0.01


def test_without_a_fall_the_rate_stays():
    assert {rate_at(step, steps=100, warmup_steps=0, decay_from=None) for step in range(100)} == {1.0}


def test_on_a_plateau_the_rate_falls_to_a_tenth_each_time_that_patience_ends():
    plateau = Plateau(patience=2)
    rates = []
    for error in (5.0, 4.0, 4.5, 4.0, 3.0, 3.0, 3.5):
        plateau.observe(error)
        rates.append(plateau.rate)
    assert rates == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.01])


def test_without_patience_nothing_falls():
    plateau = Plateau(patience=0)
    for _ in range(9):
        plateau.observe(1.0)
    assert plateau.rate == 1.0


@pytest.mark.parametrize("steps", [1, 2, 19, 20, 21, 200])
def test_networks_of_bodies_learn_in_any_number_of_steps(steps):
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], 0.1)
    schedule, rates = one_cycle(optimizer, 0.1, steps), []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert all(0 <= rate <= 0.1 for rate in rates) and rates[-1] < 1e-4
    assert rates.index(max(rates)) <= steps / 10
