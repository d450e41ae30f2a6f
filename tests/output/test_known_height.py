"""A known height in videos: one steady size for each person, while what limbs say of it wanders."""

from dataclasses import replace

import numpy as np
import pytest
from made_people import make_frame, make_pose

from sspnet_sdk.frame import Person
from sspnet_sdk.motion.known_height import KnownHeight
from sspnet_sdk.poses.stature import stature_mm

FPS = 30
WANDER = 1 + 0.01 * np.sin(np.arange(90) / 3)  # of limbs' lengths


def pose_of_size(size, distance=3000.0):
    """A pose of `size` times the usual limbs, whose pelvis is `distance` mm from the camera."""
    pose = make_pose()
    joints = pose.joints3d * np.float32(size)
    return replace(pose, joints3d=joints, joints3d_camera=joints + np.float32([0, 0, distance]))


def pelvis_mm(frame):
    """(people,) distances."""
    return [float(person.pose.joints3d_camera[0, 2]) for person in frame.people]


def test_limbs_that_wander_do_not_move_who_stands_still():
    as_tall = KnownHeight(1800)
    frames = [make_frame(i, Person(1, pose_of_size(size)), fps=FPS) for i, size in enumerate(WANDER)]
    each = [frame.people[0].pose.with_height(1800).joints3d_camera[0, 2] for frame in frames]
    found = [pelvis_mm(as_tall(frame))[0] for frame in frames]
    assert found[0] == pytest.approx(each[0])
    assert np.abs(np.diff(found)).max() < 0.003 * 3000
    assert np.abs(np.diff(found, 2)).mean() < 0.2 * np.abs(np.diff(each, 2)).mean()
    assert found[-1] == pytest.approx(3000 * 1800 / stature_mm(make_pose().joints3d), rel=2e-3)


def test_everybody_has_a_size_of_their_own_and_keeps_it_while_out_of_sight():
    as_tall = KnownHeight(1800)
    for index in range(60):
        people = [Person(1, pose_of_size(1.0)), Person(2, pose_of_size(0.8))][: 1 if 20 <= index < 40 else 2]
        tall = as_tall(make_frame(index, *people, fps=FPS))
        for person in tall.people:
            assert stature_mm(person.pose.joints3d) == pytest.approx(1800, rel=1e-5)
    late = as_tall(make_frame(60, Person(2, pose_of_size(0.82)), fps=FPS)).people[0]
    assert stature_mm(late.pose.joints3d) == pytest.approx(1800 * 0.82 / 0.8, rel=2e-3)


def test_pictures_are_each_for_themselves():
    as_tall = KnownHeight(1800)
    for size in (1.0, 0.5, 2.0):
        picture = make_frame(0, Person(1, pose_of_size(size)), fps=None)
        assert stature_mm(as_tall(picture).people[0].pose.joints3d) == pytest.approx(1800, rel=1e-5)


def test_of_many_passers_by_those_are_forgotten_whom_nobody_saw_for_longest():
    as_tall = KnownHeight(1800)
    for index in range(1200):
        as_tall(make_frame(index, Person(0, pose_of_size(1.0)), Person(index + 1, pose_of_size(1.0)), fps=FPS))
    again = as_tall(make_frame(1200, Person(0, pose_of_size(0.9)), Person(1, pose_of_size(0.9)), fps=FPS))
    known, forgotten = (stature_mm(person.pose.joints3d) for person in again.people)
    assert known == pytest.approx(1800 * 0.9, rel=1e-3) and forgotten == pytest.approx(1800, rel=1e-5)
