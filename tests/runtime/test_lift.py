"""From pixels and depth to millimetres."""

import numpy as np
import pytest
from dot_bundle import BONES
from hypothesis import given, settings
from hypothesis import strategies as st

from sspnet_sdk.geometry.lift import lift

BONE_TABLE = np.array(BONES, np.float32)
SURE = np.ones(17, np.float32)


def canonical_person(random):
    """17 joints in mm whose limb bones have the canonical lengths, in random directions."""
    joints = random.normal(0, 200, (17, 3))
    joints[0] = 0
    for a, b, length in BONES:
        direction = random.normal(0, 1, 3)
        joints[int(b)] = joints[int(a)] + direction / np.linalg.norm(direction) * length
    return joints.astype(np.float32)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), mm_per_px=st.floats(0.5, 30))
def test_a_canonical_person_comes_back_in_millimetres_at_any_size_in_pixels(seed, mm_per_px):
    joints = canonical_person(np.random.default_rng(seed))
    keypoints = joints[:, :2] / np.float32(mm_per_px) + np.float32(77)
    found = lift(keypoints, joints[:, 2] / 2000 + 0.5, SURE, BONE_TABLE, 2000.0, 1700 / mm_per_px)
    assert np.allclose(found, joints, atol=0.5)
    assert (found[0] == 0).all() and found.dtype == np.float32


def test_the_root_is_exactly_zero_and_all_is_finite_when_all_joints_coincide():
    same = np.full((17, 2), 50, np.float32)
    found = lift(same, np.full(17, 0.7, np.float32), np.zeros(17, np.float32), BONE_TABLE, 2000.0, 100.0)
    assert (found == 0).all()


def test_limbs_that_all_point_at_the_camera_do_not_flatten_the_person():
    keypoints = np.random.default_rng(0).normal(0, 20, (17, 2)).astype(np.float32)
    depth = np.where(np.arange(17) % 2, 0.0, 1.0).astype(np.float32)  # every bone deeper than it is long
    found = lift(keypoints, depth, SURE, BONE_TABLE, 2000.0, 100.0)
    assert np.abs(found[:, :2]).max() > 50


def test_a_joint_without_confidence_does_not_set_the_scale():
    joints = canonical_person(np.random.default_rng(1))
    keypoints = joints[:, :2] / 4
    confidence = SURE.copy()
    keypoints[3] += 300  # the ankle is lost
    confidence[3] = 0
    found = lift(keypoints, joints[:, 2] / 2000 + 0.5, confidence, BONE_TABLE, 2000.0, 420.0)
    assert np.allclose(np.delete(found, 3, 0), np.delete(joints, 3, 0), rtol=0.03, atol=3)


@pytest.mark.parametrize("extent", [1.0, 1e5])
def test_the_scale_stays_within_what_a_person_can_be(extent):
    found = lift(np.random.default_rng(0).normal(0, 9, (17, 2)).astype(np.float32), SURE * 0.5, SURE, BONE_TABLE, 2000.0, extent)
    assert np.isfinite(found).all()
