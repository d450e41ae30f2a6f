"""A camera's projection and its inverse, with distortion, and cameras recovered from poses."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sspnet_train.data.camera import Camera, fit_camera

HUMAN36M = Camera((1145.05, 1143.78), (512.54, 515.45), (-0.2071, 0.2478, -0.0031), (-0.0010, -0.0014))
PINHOLE = Camera((300.0, 310.0), (80.0, 75.0))


@settings(max_examples=50, deadline=None)
@given(st.floats(-1500, 1500), st.floats(-1500, 1500), st.floats(3500, 9000), st.sampled_from([HUMAN36M, PINHOLE]))
def test_unproject_undoes_project(x, y, z, camera):
    point = np.array([[x, y, z]])
    np.testing.assert_allclose(camera.unproject(camera.project(point), point[:, 2]), point, atol=1e-3)


def test_a_pinhole_projects_as_by_hand():
    assert PINHOLE.project(np.array([100.0, -50.0, 1000.0])).tolist() == [110.0, 59.5]


@pytest.mark.parametrize("camera", [HUMAN36M, PINHOLE])
def test_a_camera_is_recovered_from_points_in_both_spaces(camera):
    rng = np.random.default_rng(0)
    points = rng.uniform([-1500, -1200, 3500], [1500, 1200, 6500], (400, 3))
    found, error = fit_camera(points, camera.project(points))
    assert error < 1e-3
    np.testing.assert_allclose(found.focal, camera.focal, rtol=1e-4)
    np.testing.assert_allclose(found.radial, camera.radial, atol=1e-3)
    np.testing.assert_allclose(found.tangential, camera.tangential, atol=1e-4)


def test_mirrored_and_cropped_pictures_have_mirrored_and_shifted_cameras():
    points = np.random.default_rng(1).uniform([-900, -900, 4000], [900, 900, 5000], (20, 3))
    pixels = HUMAN36M.project(points)
    np.testing.assert_allclose(HUMAN36M.shifted(40, 30).project(points), pixels - [40, 30])
    np.testing.assert_allclose(HUMAN36M.mirrored(1000).project(points * [-1, 1, 1]), [1000, 0] + pixels * [-1, 1])
