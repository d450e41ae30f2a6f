"""The distance over time: as exact as poses are from frame to frame, of the size that the network says on average."""

from dataclasses import replace

import numpy as np
import pytest
from made_people import make_pose

from sspnet_sdk.geometry.camera import check_camera
from sspnet_sdk.motion.steady_distance import SteadyDistance
from sspnet_sdk.smoothing import DISTANCE

FPS = 30
CAMERA = check_camera((800, 800, 320, 240))
BODY = make_pose().joints3d.astype(np.float64)


def seen_from(distance, answered):
    """The body so far away; `answered`: what the network says."""
    space = BODY + np.array([200, 100, distance])
    pixels = space[:, :2] / space[:, 2:] * CAMERA.focal + CAMERA.centre
    in_camera = (BODY + np.array([0, 0, answered])).astype(np.float32)
    return replace(make_pose(), keypoints=pixels.astype(np.float32), joints3d_camera=in_camera, camera=CAMERA.matrix)


@pytest.mark.parametrize("distance", [1500.0, 4000.0, 20000.0])
def test_a_body_is_as_far_away_as_it_looks(distance):
    pose = seen_from(distance, distance)
    assert CAMERA.distance_to(pose.keypoints, pose.joints3d, pose.confidence) == pytest.approx(distance, rel=1e-3)


def test_pixels_of_no_body_have_no_distance():
    behind = CAMERA.distance_to(seen_from(3000, 3000).keypoints, -BODY, np.ones(len(BODY)))
    assert behind is None


def test_a_network_that_wanders_does_not_move_who_walks_away():
    rng, steady = np.random.default_rng(0), SteadyDistance(DISTANCE)
    truth = 3000 + 1000 * np.arange(150) / FPS
    wander = 1 + 0.1 * np.sin(np.arange(150) / 12) + rng.normal(0, 0.03, 150)
    found = np.array([steady(seen_from(z, z * off), i / FPS) for i, (z, off) in enumerate(zip(truth, wander, strict=True))])
    off = (found / truth)[30:]
    assert off.std() < 0.02 and np.abs(np.diff(found - truth, 2))[30:].mean() < 5
    assert np.abs(np.diff(truth * (wander - 1), 2)).mean() > 100


def test_the_size_is_the_networks_in_the_end():
    steady = SteadyDistance(DISTANCE)
    found = [steady(seen_from(3000, 3000 if i < 5 else 3600), i / FPS) for i in range(300)]
    assert found[0] == pytest.approx(3000, rel=1e-3) and found[-1] == pytest.approx(3600, rel=0.03)


def test_a_pose_that_tells_no_distance_leaves_it_to_the_network():
    steady, pose = SteadyDistance(DISTANCE), seen_from(3000, 3300)
    steady(pose, 0.0)
    flat = replace(pose, keypoints=np.full_like(pose.keypoints, 100.0))
    assert steady(flat, 1 / FPS) == pytest.approx(3300, rel=0.05)
