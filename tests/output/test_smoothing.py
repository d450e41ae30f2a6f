"""Smoothing: jitter and lag measured on a synthetic signal, at 30 frames per second and detector-like noise."""

import dataclasses

import numpy as np
import pytest
from made_people import make_pose

from sspnet_sdk.errors import OptionError
from sspnet_sdk.smoothing import PoseSmoother

FPS = 30.0
TIMES = np.arange(300) / FPS
BODY_PX, NOISE_PX = 350.0, 1.5


def _filtered(smooth: float, offsets: np.ndarray) -> np.ndarray:
    """The left wrist's track when a whole pose is moved by `offsets` (T, 2) px."""
    base, smoother = make_pose(), PoseSmoother(smooth)
    box = np.array([100, 100, 150, BODY_PX], np.float32)
    poses = [dataclasses.replace(base, keypoints=base.keypoints + offset.astype(np.float32), box=box) for offset in offsets]
    return np.array([smoother(pose, time).keypoints[13] - base.keypoints[13] for pose, time in zip(poses, TIMES, strict=True)])


def _noise() -> np.ndarray:
    return np.random.default_rng(1).normal(0, NOISE_PX, (len(TIMES), 2))


def _swing() -> np.ndarray:
    """A limb that swings by a quarter of the body's height, 0.7 times a second."""
    angle = 2 * np.pi * 0.7 * TIMES
    return 0.25 * BODY_PX * np.stack([np.sin(angle), np.cos(angle)], axis=-1)


def _lag_ms(track: np.ndarray, truth: np.ndarray) -> float:
    def error(delay: float) -> float:
        late = np.stack([np.interp(TIMES - delay, TIMES, truth[:, axis]) for axis in range(2)], axis=-1)
        return float(np.abs(track[60:] - late[60:]).mean())

    return 1000 * min(np.arange(0, 0.2, 0.002), key=error)


def test_a_still_person_jitters_four_times_less_at_the_default():
    noise = _noise()
    jitter = np.diff(_filtered(0.5, noise)[30:], axis=0).std() / np.diff(noise, axis=0).std()
    assert jitter < 0.26


def test_a_moving_limb_lags_by_half_a_frame_at_most_at_the_default():
    assert _lag_ms(_filtered(0.5, _swing() + _noise()), _swing()) <= 500 / FPS


def test_guesses_are_smoothed_more_than_what_is_seen():
    rng, base, shaken = np.random.default_rng(0), make_pose(), {}
    noise = rng.normal(0, NOISE_PX, (120, 17, 2)).astype(np.float32)
    for confidence in (0.3, 0.95):
        smoother, sure = PoseSmoother(0.5), np.full(17, confidence, np.float32)
        poses = [dataclasses.replace(base, keypoints=base.keypoints + offset, confidence=sure) for offset in noise]
        track = np.array([smoother(pose, index / FPS).keypoints for index, pose in enumerate(poses)])
        shaken[confidence] = np.diff(track[30:], axis=0).std()
    assert shaken[0.3] < 0.75 * shaken[0.95]


def test_joints_that_err_each_by_itself_are_smoothed_by_each_other():
    """The same noise in all joints alike is motion to a filter of all; noise in each by itself is not."""
    rng, base, shaken = np.random.default_rng(0), make_pose(), {}
    for alike in (True, False):
        noise = rng.normal(0, NOISE_PX, (150, 1 if alike else 17, 2)).astype(np.float32)
        smoother = PoseSmoother(0.5)
        poses = [dataclasses.replace(base, keypoints=base.keypoints + offset) for offset in noise]
        track = np.array([smoother(pose, index / FPS).keypoints for index, pose in enumerate(poses)])
        shaken[alike] = np.diff(track[30:, [0, 7, 8, 11, 14]], axis=0).std()
    assert shaken[False] < 0.6 * shaken[True]


def test_one_wild_answer_moves_a_joint_little():
    offsets = _noise()
    offsets[100] += 0.3 * BODY_PX
    assert np.linalg.norm(_filtered(0.5, offsets)[100]) < 0.2 * 0.3 * BODY_PX


def test_more_smoothing_means_less_jitter_and_more_lag():
    noise, swing = _noise(), _swing()
    jitter = [np.diff(_filtered(smooth, noise)[30:], axis=0).std() for smooth in (0.0, 0.25, 0.5, 0.75, 1.0)]
    lag = [_lag_ms(_filtered(smooth, swing), swing) for smooth in (0.0, 0.5, 1.0)]
    assert jitter == sorted(jitter, reverse=True)
    assert lag == sorted(lag)
    assert lag[0] == 0


def test_zero_changes_nothing():
    pose = make_pose()
    assert PoseSmoother(0.0)(pose, 0.0) is pose


def test_3d_joints_are_smoothed_too_and_the_pelvis_stays_at_zero():
    rng, smoother, base = np.random.default_rng(0), PoseSmoother(0.5), make_pose()
    noisy = base.joints3d + rng.normal(0, 15, (120, 17, 3)).astype(np.float32)
    noisy[:, 0] = 0
    out = np.array([smoother(dataclasses.replace(base, joints3d=joints), i / FPS).joints3d for i, joints in enumerate(noisy)])
    assert np.diff(out[30:], axis=0)[:, 1:].std() < 0.35 * np.diff(noisy[30:], axis=0)[:, 1:].std()
    assert (out[:, 0] == 0).all()


def test_the_same_motion_is_filtered_alike_at_any_resolution():
    offsets = _swing() + _noise()
    small = _filtered(0.5, offsets)
    base, smoother = make_pose(), PoseSmoother(0.5)
    box = 3 * np.array([100, 100, 150, BODY_PX], np.float32)
    large = []
    for offset, time in zip(offsets, TIMES, strict=True):
        pose = dataclasses.replace(base, keypoints=3 * (base.keypoints + offset.astype(np.float32)), box=box)
        large.append(smoother(pose, time).keypoints[13])
    np.testing.assert_allclose(np.array(large) / 3 - base.keypoints[13], small, atol=0.01)


def test_after_a_long_gap_the_old_place_is_forgotten():
    smoother, pose = PoseSmoother(1.0), make_pose()
    smoother(pose, 0.0)
    moved = dataclasses.replace(pose, keypoints=pose.keypoints + 200)
    np.testing.assert_array_equal(smoother(moved, 5.0).keypoints, moved.keypoints)


@pytest.mark.parametrize("smooth", [-0.1, 1.1, float("nan"), "a", None])
def test_the_number_must_lie_between_0_and_1(smooth):
    with pytest.raises(OptionError, match="from 0"):
        PoseSmoother(smooth)


def test_somebody_who_walks_when_first_seen_is_followed_from_the_third_frame_on():
    walked = np.stack([8.0 * np.arange(len(TIMES)), np.zeros(len(TIMES))], axis=-1)
    behind = np.linalg.norm(_filtered(0.5, walked) - walked, axis=1)
    assert behind[2:].max() < 0.01 * BODY_PX


def test_a_pose_that_was_read_back_needs_its_camera_again():
    pose = dataclasses.replace(make_pose(), joints3d_camera=make_pose().joints3d + np.float32(3000))
    with pytest.raises(OptionError, match=r"joints3d_camera, but not its camera: dataclasses.replace\(pose, camera=K\)"):
        PoseSmoother()(pose, 0.0)
    assert PoseSmoother()(dataclasses.replace(pose, camera=np.diag([500.0, 500, 1])), 0.0).joints3d_camera is not None
