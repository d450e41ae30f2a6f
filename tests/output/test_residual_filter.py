"""The filter behind the body filter: it knows no direction and no side, and steadies what the body filter leaves."""

from dataclasses import replace

import numpy as np
import pytest
from made_people import make_pose, moving_joints

from sspnet_sdk.motion.joint_follower import JointFollower
from sspnet_sdk.motion.residual_filter import ResidualFilter
from sspnet_sdk.pose import FLIP_PAIRS, JOINT_NAMES, JOINT_PARENTS
from sspnet_sdk.smoothing import PoseSmoother

FRAME_S, SIZE, MOST = 1 / 30, 350.0, 1e-9
FLIP = np.arange(28)
for left, right in FLIP_PAIRS:
    FLIP[[left, right]] = right, left


def _wandering(joints: int, frames: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Answers and filtered places (T, J, 5) of somebody, never far apart."""
    rng = np.random.default_rng(joints)
    places = 200.0 + np.cumsum(rng.normal(0, 3.0, (frames, joints, 5)), axis=0)
    return places + rng.normal(0, 3.0, places.shape), places


def _moved(answers, places, trust=None, size=SIZE):
    body, trust = ResidualFilter(), np.full(places.shape[1], 0.8) if trust is None else trust
    spans = [np.inf, *[FRAME_S] * (len(places) - 1)]
    frames = zip(answers, places, spans, strict=True)
    return np.array([body(answer, trust, place, span, size) for answer, place, span in frames])


def test_who_is_first_seen_is_not_moved():
    _, places = _wandering(17)
    assert not _moved(places[:1], places[:1]).any()
    assert np.abs(_moved(*_wandering(17))[1:]).max() > 0.1


@pytest.mark.parametrize("joints", [17, 28])
def test_a_mirrored_person_is_moved_the_mirrored_way(joints):
    (answers, places), mirror = _wandering(joints), np.array([-1, 1, -1, 1, 1])
    order = FLIP[:joints]
    mirrored = _moved(answers[:, order] * mirror, places[:, order] * mirror)
    np.testing.assert_allclose(mirrored, _moved(answers, places)[:, order] * mirror, atol=MOST)


def test_a_turned_person_is_moved_in_the_turned_direction():
    answers, places = _wandering(17)
    turn = np.eye(5)
    turn[:2, :2] = [[0, -1], [1, 0]]
    np.testing.assert_allclose(_moved(answers @ turn, places @ turn), _moved(answers, places) @ turn, atol=MOST)


def test_a_person_twice_as_large_is_moved_twice_as_far():
    (answers, places), larger = _wandering(17), np.array([2, 2, 1, 1, 1])
    np.testing.assert_allclose(
        _moved(answers * larger, places * larger, size=2 * SIZE), _moved(answers, places) * larger, atol=MOST
    )


def test_labels_that_change_places_take_their_past_along():
    (answers, places), sure = _wandering(17), np.ones(17)
    order = np.arange(17)
    order[[1, 2, 3, 4, 5, 6]] = [4, 5, 6, 1, 2, 3]
    straight, changed = ResidualFilter(), ResidualFilter()
    for frame, (answer, place) in enumerate(zip(answers, places, strict=True)):
        span, labels = np.inf if frame == 0 else FRAME_S, order if frame >= 6 else np.arange(17)
        plain = straight.signals(answer, sure, place, span, SIZE).reshape(-1, 17, 5)
        other = changed.signals(answer[labels], sure, place[labels], span, SIZE, order if frame == 6 else None)
        np.testing.assert_allclose(other.reshape(-1, 17, 5), plain[:, labels], atol=MOST)


def test_face_and_feet_go_with_the_joint_that_carries_them():
    moved = _moved(*_wandering(28))
    for joint in range(17, 28):
        np.testing.assert_array_equal(moved[:, joint], moved[:, JOINT_PARENTS[joint]])


def test_guesses_move_others_less_than_what_is_seen():
    (answers, places), trust = _wandering(17), np.full(17, 0.8)
    shoulder, elbow = (JOINT_NAMES.index(name) for name in ("l-shoulder", "l-elbow"))
    off = np.zeros_like(answers)
    off[-1, elbow] = 5.0

    def effect(confidence):
        trust[elbow] = confidence
        return np.abs(_moved(answers + off, places, trust) - _moved(answers, places, trust))[-1, shoulder].max()

    assert effect(0.2) < 0.3 * effect(0.9)


def test_who_moves_jitters_less_by_a_tenth_and_more_than_behind_the_body_filter_alone():
    """The network's errors last some frames: 0.7 of them is left in the next."""
    rng, follower, smoother, off = np.random.default_rng(0), JointFollower(), PoseSmoother(), np.zeros((17, 2))
    tracks: tuple[list[np.ndarray], ...] = ([], [])
    for index in range(200):
        joints = moving_joints(index * FRAME_S)
        keypoints = 100 + 0.18 * joints[:, :2]
        off = 0.7 * off + rng.normal(0, 2.0, off.shape)
        pose = replace(
            make_pose(), keypoints=(keypoints + off).astype(np.float32), joints3d=joints.astype(np.float32),
            box=np.array([0, 0, 150, SIZE], np.float32),
        )  # fmt: skip
        follower.follow(pose, index * FRAME_S)
        for track, places in zip(tracks, (follower.points[:, :2], smoother(pose, index * FRAME_S).keypoints), strict=True):
            track.append(places - keypoints)
    alone, behind = (np.diff(np.array(track)[30:], 2, axis=0).std() for track in tracks)
    assert behind < 0.9 * alone


@pytest.mark.parametrize("burst_s", [1e-3, 1e-5, 1e-9, 1e-320])
def test_frames_that_come_at_once_throw_no_joint(burst_s):
    pose, rng, smoother, now = make_pose(), np.random.default_rng(0), PoseSmoother(), 0.0
    for index in range(30):
        now += burst_s if index % 5 == 4 else FRAME_S
        shaken = pose.keypoints + rng.normal(0, 2.0, pose.keypoints.shape).astype(np.float32)
        smooth = smoother(replace(pose, keypoints=shaken), now)
        assert np.abs(smooth.keypoints - pose.keypoints).max() < 8.0
