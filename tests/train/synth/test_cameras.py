"""Cameras look from where the mix of scenes says, and labels say how they were held."""

from __future__ import annotations

import numpy as np
import pytest
from sspnet_train.synth.cameras import draw_viewpoint, world_up
from sspnet_train.synth.scene_mix import SceneMix, SceneMixError, parse_mix

PLAIN = SceneMix(tilted=0, rolled=0, wide=0, far=0)


def angles_deg(turn: np.ndarray) -> tuple[float, float]:
    """Pitch (positive: the camera looks down) and roll from the label `up`."""
    x, y, z = world_up(turn)
    return float(np.degrees(np.arcsin(-z))), float(np.degrees(np.arctan2(x, -y)))


def many(mix: SceneMix, floor: float | None = None) -> list:
    rng = np.random.default_rng(0)
    return [draw_viewpoint(mix, floor, False, rng) for _ in range(300)]


def test_tilted_cameras_look_down_and_up_by_20_to_60_degrees() -> None:
    pitches = np.array([angles_deg(view.turn)[0] for view in many(SceneMix(tilted=1, rolled=0, wide=0, far=0))])
    assert (np.abs(pitches) > 19.9).all() and (np.abs(pitches) < 60.1).all()
    assert (pitches > 0).mean() > 0.5 and (pitches < 0).any()


def test_rolled_cameras_roll_by_up_to_45_degrees_and_others_hardly() -> None:
    rolled = np.array([angles_deg(view.turn)[1] for view in many(SceneMix(tilted=0, rolled=1))])
    assert 40 < np.abs(rolled).max() < 45.1 and rolled.min() < -40
    assert np.abs([angles_deg(view.turn)[1] for view in many(PLAIN)]).max() < 20


def test_a_camera_that_is_not_tilted_stays_above_the_ground() -> None:
    for view in many(PLAIN, floor=-0.9):
        height = (view.turn.T @ view.position)[1] + 0.9
        off_axis = 0.4 * view.position[2]  # the pitch is that towards the pelvis; the lens may look beside it
        assert height > 0.1 - off_axis


def test_wide_lenses_are_near_and_see_people_aside_of_their_axis() -> None:
    aside = []
    for view in many(SceneMix(wide=1, far=0)):
        assert 1.09 < view.position[2] < 2.61
        aside.append(np.hypot(*view.position[:2]) / view.position[2])
    assert 0.6 < max(aside) <= 0.701
    assert all(8.9 < view.position[2] < 25.1 for view in many(SceneMix(wide=0, far=1)))


def test_shares_are_given_by_name() -> None:
    assert parse_mix(["tilted=0.5", "far=0"]) == SceneMix(tilted=0.5, far=0)
    with pytest.raises(SceneMixError, match="no share called 'steep'; choose from tilted"):
        parse_mix(["steep=0.5"])
    with pytest.raises(SceneMixError, match=r"expected a share such as tilted=0\.5"):
        parse_mix(["tilted"])
    with pytest.raises(SceneMixError, match="must be from 0 to 1, got 2"):
        parse_mix(["tilted=2"])
