"""Left stays left: short swaps are undone, crossing legs are not, and what the network insists on stands."""

from dataclasses import replace

import numpy as np
from made_people import make_pose

from sspnet_sdk.bundles.thresholds import SCHEMA_1, read_poses
from sspnet_sdk.motion.joint_follower import JointFollower
from sspnet_sdk.motion.swaps import SideKeeper
from sspnet_sdk.people.identity import Track
from sspnet_sdk.people.steady_box import SteadyBox

FPS = 30
LEGS = ((2, 5), (3, 6))
BODY = ((1, 4), *LEGS, (11, 14), (12, 15), (13, 16))


def _swapped(pose, pairs=LEGS):
    order = np.arange(len(pose.keypoints))
    for left, right in pairs:
        order[left], order[right] = right, left
    return replace(pose, keypoints=pose.keypoints[order], joints3d=pose.joints3d[order])


def _striding(count=60, phase=0.0):
    """Legs that swing past each other, seen from the side."""
    base, poses = make_pose(), []
    for index in range(count):
        swing = np.sin(2 * np.pi * 0.9 * index / FPS + phase)
        keypoints = base.keypoints.copy()
        for joint, reach in ((2, 20.0), (3, 45.0), (5, -20.0), (6, -45.0)):
            keypoints[joint, 0] = 320 + reach * swing
        poses.append(replace(base, keypoints=keypoints))
    return poses


def test_legs_that_swap_for_two_frames_are_put_right():
    keeper, poses = SideKeeper(), _striding()
    given = [_swapped(pose) if index in (8, 9) else pose for index, pose in enumerate(poses)]
    kept = [keeper(pose, index / FPS) for index, pose in enumerate(given)]
    for pose, truth in zip(kept, poses, strict=True):
        np.testing.assert_array_equal(pose.keypoints, truth.keypoints)
        np.testing.assert_array_equal(pose.joints3d, truth.joints3d)


def test_a_body_that_turns_about_at_once_is_put_right_with_limbs_that_say_nothing_by_themselves():
    keeper, poses = SideKeeper(), _striding()
    for pose in poses:  # seen from the side: hips lie close together
        pose.keypoints[[1, 4], 0] = pose.keypoints[0, 0] + np.array([-1.5, 1.5], np.float32)
    given = [_swapped(pose, BODY) if index in (8, 9, 10) else pose for index, pose in enumerate(poses)]
    kept = [keeper(pose, index / FPS) for index, pose in enumerate(given)]
    for pose, truth in zip(kept, poses, strict=True):
        np.testing.assert_array_equal(pose.keypoints, truth.keypoints)


def test_smooth_legs_do_not_glide_across_when_the_network_insists():
    follower, poses = JointFollower(), _striding(60)
    given = [_swapped(pose) if index >= 38 else pose for index, pose in enumerate(poses)]
    for index, pose in enumerate(given):
        follower.follow(pose, index / FPS)
        assert np.abs(follower.points[[3, 6], 0] - pose.keypoints[[3, 6], 0]).max() < 20  # the legs are up to 90 px apart


def test_legs_that_pass_each_other_are_not_swapped():
    for phase in np.linspace(0, 2, 9):
        keeper = SideKeeper()
        assert all(keeper(pose, index / FPS) is pose for index, pose in enumerate(_striding(phase=phase)))


def test_what_the_network_insists_on_stands():
    keeper, pose = SideKeeper(), _striding()[8]
    for index in range(5):
        keeper(pose, index / FPS)
    other = _swapped(pose)
    for index in range(5, 20):
        kept = keeper(other, index / FPS)
    assert kept is other


def test_hidden_joints_are_no_reason_to_swap():
    keeper, poses = SideKeeper(), _striding(12)
    hidden = np.full(17, 0.05, np.float32)
    given = [_swapped(replace(pose, confidence=hidden)) if index == 8 else pose for index, pose in enumerate(poses)]
    kept = [keeper(pose, index / FPS) for index, pose in enumerate(given)]
    assert kept[8] is given[8]


def test_legs_that_were_hidden_for_a_frame_come_back_as_they_are():
    keeper, poses = SideKeeper(), _striding(14)
    hidden = np.full(17, 0.1, np.float32)
    given = [_swapped(replace(pose, confidence=hidden)) if index == 8 else pose for index, pose in enumerate(poses)]
    kept = [keeper(pose, index / FPS) for index, pose in enumerate(given)]
    assert all(pose is kept_pose for pose, kept_pose in zip(given[9:], kept[9:], strict=True))


def test_a_track_holds_poses_with_sides_put_right_so_that_the_network_sees_them_next():
    poses = _striding(20)
    track = Track(SteadyBox(poses[0].box, 0.0, read_poses(SCHEMA_1["poses"])), 0.0)
    for index, pose in enumerate(poses):
        track.take(_swapped(pose) if index in (8, 9) else pose, index / FPS)
        np.testing.assert_array_equal(track.pose.keypoints, pose.keypoints)
