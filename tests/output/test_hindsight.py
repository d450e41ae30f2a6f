"""Recordings: each pose is smoothed by those around it, without lag; short swaps and wild answers leave no trace."""

from dataclasses import replace

import numpy as np
import pytest
from made_people import make_frame, make_pose

from sspnet_sdk.bundles.thresholds import SCHEMA_1, read_poses
from sspnet_sdk.motion.hindsight import AHEAD_S, MOST_AHEAD, Hindsight
from sspnet_sdk.motion.smoothed_frames import AsTheyCome, InHindsight
from sspnet_sdk.people.identity import Track, TrackState
from sspnet_sdk.people.steady_box import SteadyBox
from sspnet_sdk.smoothing import PoseSmoother

FPS, BODY_PX = 30.0, 350.0
BOX = np.array([100, 100, 150, BODY_PX], np.float32)
LEGS = [(2, 5), (3, 6)]


def _track():
    return Track(SteadyBox(BOX, 0.0, read_poses(SCHEMA_1["poses"])), 0.0, id=1, state=TrackState.CONFIRMED)


def _walking(count=90, fps=FPS):
    """Somebody who crosses the picture, seen from the side; legs swing past each other."""
    base, poses = make_pose(), []
    for time in np.arange(count) / fps:
        keypoints = base.keypoints + np.float32(120 * time) * np.array([1, 0], np.float32)
        swing = np.float32(np.sin(2 * np.pi * 0.9 * time + 0.4))
        for joint, reach in ((2, 20), (3, 60), (5, -20), (6, -60)):
            keypoints[joint] = keypoints[0] + np.array([reach * swing, 80 if joint in (2, 5) else 160], np.float32)
        poses.append(replace(base, keypoints=keypoints, box=BOX, confidence=np.full(17, 0.9, np.float32)))
    return poses


def _noisy(poses, px, seed=0):
    rng = np.random.default_rng(seed)
    return [replace(pose, keypoints=pose.keypoints + rng.normal(0, px, (17, 2)).astype(np.float32)) for pose in poses]


def _swapped(pose):
    order = np.arange(17)
    for left, right in LEGS:
        order[[left, right]] = right, left
    return replace(pose, keypoints=pose.keypoints[order], joints3d=pose.joints3d[order])


def _smoothed(poses, smoother=None, fps=FPS):
    """What comes out of a recording."""
    frames, who, given = smoother or InHindsight(0.5), _track(), []
    for index, pose in enumerate(poses):
        given += frames.add(replace(make_frame(index), time_s=index / fps), [(who, pose)])
    return [pose for _, seen in [*given, *frames.rest()] for _, pose in seen]


def _off(poses, truth):
    return np.array([pose.keypoints - true.keypoints for pose, true in zip(poses, truth, strict=True)])


def test_jitter_falls_further_than_by_the_past_alone_and_nothing_lags():
    truth = _walking()
    noisy = _noisy(truth, 3.0)
    recorded, live = _smoothed(noisy), _smoothed(noisy, AsTheyCome(0.5))
    jitter = {name: np.diff(_off(poses, truth), 2, axis=0)[10:].std() for name, poses in (("recorded", recorded), ("live", live))}
    assert jitter["recorded"] < 0.5 * jitter["live"]
    speed = np.gradient(np.array([pose.keypoints for pose in truth]), 1 / FPS, axis=0)
    clean = _off(_smoothed(truth), truth)
    lag = -(clean * speed).sum() / (speed**2).sum()
    assert abs(lag) < 0.002


def _lone_wrist(offsets, times):
    """The left wrist's track (T, 2), smoothed, when it alone is moved by `offsets` (T, 2) px."""
    base = replace(make_pose(), box=BOX)
    hindsight, given = Hindsight(0.5), []
    for index, (offset, time_s) in enumerate(zip(offsets, times, strict=True)):
        keypoints = base.keypoints.copy()
        keypoints[13] += offset.astype(np.float32)
        hindsight.add(replace(base, keypoints=keypoints), float(time_s))
        given += [hindsight.next()] if index >= MOST_AHEAD else []
    given += [hindsight.next() for _ in range(MOST_AHEAD)]
    return np.array([pose.keypoints[13] - base.keypoints[13] for pose in given])


def test_even_motion_is_kept_whenever_frames_come():
    times = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.06, 60))
    offsets = np.stack([100 * times, np.zeros_like(times)], axis=1)
    assert np.abs(_lone_wrist(offsets, times) - offsets)[20:].max() < 0.5


@pytest.mark.parametrize("fps", [30, 60])
def test_a_swing_is_kept_and_a_tremor_is_not(fps):
    times = np.arange(4 * fps) / fps
    inner = slice(fps, -fps)

    def kept(hertz):
        wave = np.stack([15 * np.cos(2 * np.pi * hertz * times), np.zeros_like(times)], axis=1)
        return (_lone_wrist(wave, times)[inner] * wave[inner]).sum() / (wave[inner] ** 2).sum()

    assert kept(1.0) > 0.94
    assert kept(7.0) < 0.05


def test_a_wild_answer_is_not_believed():
    offsets = np.stack([np.linspace(0, 100, 41), np.zeros(41)], axis=1)
    straight = offsets.copy()
    offsets[20, 1] += 80
    assert np.abs(_lone_wrist(offsets, np.arange(41) / FPS) - straight)[10:-8].max() < 5


@pytest.mark.parametrize("wrong", [(12,), (12, 13, 14), (40, 41, 43)])
def test_legs_that_swap_for_a_moment_leave_no_trace(wrong):
    truth = _walking()
    given = [_swapped(pose) if index in wrong else pose for index, pose in enumerate(truth)]
    assert np.abs(_off(given, truth)).max() > 30
    assert np.abs(_off(_smoothed(given), truth) - _off(_smoothed(truth), truth)).max() < 3


def test_legs_that_pass_each_other_are_not_swapped():
    truth = _walking(240)
    assert np.abs(_off(_smoothed(_noisy(truth, 2.0)), truth)[10:-10, [3, 6]]).max() < 12


def test_what_the_network_insists_on_stands():
    truth = _walking()
    given = [_swapped(pose) if index >= 40 else pose for index, pose in enumerate(truth)]
    assert np.abs(_off(_smoothed(given), given)[50:]).max() < 12


def test_a_person_elsewhere_in_the_next_frame_did_not_glide_there():
    still = _walking(1) * 10
    moved = replace(still[0], keypoints=still[0].keypoints + np.float32(300))
    out = _smoothed([*still, *[moved] * 10])
    np.testing.assert_allclose(out[9].keypoints, still[0].keypoints, atol=1e-3)
    np.testing.assert_allclose(out[10].keypoints, moved.keypoints, atol=1e-3)


def test_the_pelvis_stays_at_zero_and_3d_joints_are_smoothed():
    rng, base = np.random.default_rng(0), make_pose()
    noisy = [replace(base, joints3d=base.joints3d + rng.normal(0, 15, (17, 3)).astype(np.float32)) for _ in range(60)]
    for pose in noisy:
        pose.joints3d[0] = 0
    out = np.array([pose.joints3d for pose in _smoothed(noisy)])
    assert (out[:, 0] == 0).all()
    given = np.array([pose.joints3d for pose in noisy])
    assert np.diff(out[10:-10], axis=0)[:, 1:].std() < 0.25 * np.diff(given[10:-10], axis=0)[:, 1:].std()


@pytest.mark.parametrize(("fps", "waits"), [(30, 6), (10, 2), (120, MOST_AHEAD)])
def test_a_frame_waits_for_what_it_is_smoothed_by_and_no_longer(fps, waits):
    frames, who, pose = InHindsight(0.5), _track(), make_pose()
    given = [len(list(frames.add(replace(make_frame(i), time_s=i / fps), [(who, pose)]))) for i in range(20)]
    assert given == [0] * waits + [1] * (20 - waits)
    assert [frame.index for frame, _ in frames.rest()] == list(range(20 - waits, 20))
    assert waits / fps <= AHEAD_S + 1e-6


def test_people_come_and_go_each_with_poses_of_their_own():
    frames, one, other, pose = InHindsight(0.5), _track(), _track(), make_pose()
    far = replace(pose, keypoints=pose.keypoints + 200)
    seen = [[(one, pose)], [], [(one, pose), (other, far)], [(other, far)]] * 6
    given = []
    for index, people in enumerate(seen):
        given += frames.add(replace(make_frame(index), time_s=index / FPS), people)
    given += frames.rest()
    assert [frame.index for frame, _ in given] == list(range(24))
    for (_, out), people in zip(given, seen, strict=True):
        assert [track for track, _ in out] == [track for track, _ in people]
        for (_, smooth), (_, raw) in zip(out, people, strict=True):
            np.testing.assert_allclose(smooth.keypoints, raw.keypoints, atol=1e-3)


def test_a_person_who_was_away_begins_anew():
    hindsight, pose = Hindsight(0.5), make_pose()
    moved = replace(pose, keypoints=pose.keypoints + 20)
    hindsight.add(pose, 0.0)
    hindsight.add(moved, 5.0)
    np.testing.assert_array_equal(hindsight.next().keypoints, pose.keypoints)
    np.testing.assert_array_equal(hindsight.next().keypoints, moved.keypoints)


def test_one_smoother_for_each_way_gives_the_same_still_person():
    still = [make_pose()] * 20
    for pose, live in zip(_smoothed(still), _smoothed(still, AsTheyCome(0.5)), strict=True):
        np.testing.assert_allclose(pose.keypoints, live.keypoints, atol=1e-3)
    assert PoseSmoother(0.0)(still[0], 0.0) is still[0]
