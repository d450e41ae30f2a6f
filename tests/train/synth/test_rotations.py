"""Rotations do what their names say, beside SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from sspnet_train.synth.rotations import angle_about, frame, normalized, shortest_turn, slerp

SEEDS = range(8)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0, 1.5])
def test_a_share_of_the_way_between_two_rotations_is_that_share_of_the_angle(seed, share):
    start, turn = Rotation.random(rng=seed), Rotation.random(rng=100 + seed)
    expected = Rotation.from_rotvec(share * turn.as_rotvec()) * start
    np.testing.assert_allclose(slerp(start.as_matrix(), (turn * start).as_matrix(), share), expected.as_matrix(), atol=1e-6)


def test_between_alike_and_opposite_rotations_there_is_no_one_way_and_it_stays_at_the_first():
    start = Rotation.random(rng=0).as_matrix()
    for turn in (np.eye(3), Rotation.from_rotvec([1e-5, 0, 0]).as_matrix(), np.diag([1.0, -1, -1])):
        assert slerp(start, turn @ start, 0.5) is start


@pytest.mark.parametrize("seed", SEEDS)
def test_the_shortest_turn_brings_one_direction_to_the_other_by_the_angle_between_them(seed):
    a, b = normalized(np.random.default_rng(seed).normal(size=(2, 3)))
    turn = shortest_turn(a, 3 * b)
    np.testing.assert_allclose(turn @ a, b, atol=1e-6)
    assert Rotation.from_matrix(turn).magnitude() == pytest.approx(np.arccos(a @ b), abs=1e-6)


@pytest.mark.parametrize("direction", [[1.0, 0, 0], [0, 1.0, 0], [0.6, -0.64, 0.48]])
def test_the_turn_to_the_opposite_direction_is_half_a_turn(direction):
    turn = shortest_turn(np.array(direction), -np.array(direction))
    np.testing.assert_allclose(turn @ direction, -np.array(direction), atol=1e-6)
    assert Rotation.from_matrix(turn).magnitude() == pytest.approx(np.pi, abs=1e-6)


@pytest.mark.parametrize("degrees", [-150.0, -20.0, 0.0, 75.0, 179.0])
def test_the_angle_about_an_axis_is_seen_along_it(degrees):
    axis, start = np.array([1.0, 2, -2]), np.array([0.3, 1, 0.5])
    end = Rotation.from_rotvec(np.radians(degrees) * axis / 3).apply(start) + 5 * axis
    assert np.degrees(angle_about(axis, start, end)) == pytest.approx(degrees, abs=1e-4)


def test_a_frame_keeps_y_and_is_right_handed():
    axes = frame(np.array([1.0, 2, 3]), np.array([0.0, 4, 0]))
    np.testing.assert_allclose(axes, np.array([[1, 0, -3], [0, 10**0.5, 0], [3, 0, 1]]) / 10**0.5, atol=1e-6)
