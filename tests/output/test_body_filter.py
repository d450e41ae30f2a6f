"""The filter over all joints: what they say together counts, one alone does not; hindsight is exact."""

from dataclasses import replace

import numpy as np
import pytest
from made_people import make_pose

from sspnet_sdk.motion.body_filter import BodyFilter
from sspnet_sdk.motion.body_tuning import LIVE
from sspnet_sdk.motion.pose_points import points_of
from sspnet_sdk.pose import JOINT_NAMES

SIZE, FRAME_S, SURE = 350.0, 1 / 30, np.full(17, 0.9)
SHOULDER, WRIST = JOINT_NAMES.index("l-shoulder"), JOINT_NAMES.index("l-wrist")


def _followed(body, answers, belief=None):
    beliefs = [] if belief is None else [belief]
    for points in answers:
        if not beliefs:
            beliefs.append(body.first(points, SURE))
        else:
            beliefs.append(body.taken(body.ahead(beliefs[-1], FRAME_S, SIZE), points, SURE, SIZE))
    return beliefs


def _moved(still, joints):
    """Where the filter sees these joints after an answer in which they lie 4 px further right, in pixels."""
    body, moved = BodyFilter(17), still.copy()
    moved[joints, 0] += 4
    beliefs = _followed(body, [still] * 30)
    return (_followed(body, [moved], beliefs[-1])[-1].points - still)[:, 0]


def test_a_shoulder_that_leaves_the_trunk_is_hardly_believed_and_a_wrist_is():
    still = points_of(make_pose())
    assert _moved(still, SHOULDER)[SHOULDER] < 0.5 * _moved(still, WRIST)[WRIST]
    trunk = np.array([0, 1, 4, 7, 8, 9, 10, 11, 14])
    assert _moved(still, trunk)[SHOULDER] > 1.5 * _moved(still, SHOULDER)[SHOULDER]


def test_a_wrist_that_is_not_seen_goes_with_the_body():
    still, body = points_of(make_pose()), BodyFilter(17)
    hidden = SURE.copy()
    hidden[WRIST] = 0.05
    belief = body.first(still, hidden)
    for index in range(1, 7):
        walked = still + np.array([3.0 * index, 0, 0, 0, 0])
        walked[WRIST] = still[WRIST]
        belief = body.taken(body.ahead(belief, FRAME_S, SIZE), walked, hidden, SIZE)
    assert belief.points[WRIST, 0] - still[WRIST, 0] > 0.3 * (belief.points[SHOULDER, 0] - still[SHOULDER, 0])


@pytest.mark.parametrize("turned", [False, True])
def test_hindsight_is_the_mean_of_the_past_given_all_answers(turned):
    tuning = replace(LIVE, per_speed=0.0, root_per_speed=0.0, astray=0.0, wildest=np.inf, swing=0.0)
    body, rng = BodyFilter(3, tuning=tuning), np.random.default_rng(0)
    trust = [rng.uniform(0.3, 1.0, 3) for _ in range(4)]
    order = np.array([0, 2, 1])
    answers = [rng.normal(0, 1, (3, 5)) for _ in range(4)]
    beliefs = [body.first(answers[0], trust[0])]
    for index in (1, 2, 3):
        expected = body.ahead(beliefs[-1], 0.1 * index, SIZE)
        expected = expected.reordered(order) if turned and index == 2 else expected
        beliefs.append(body.taken(expected, answers[index], trust[index], SIZE))
    # all four states as one Gaussian of the last answers, conditioned at once
    mean, covariance, ways = beliefs[0].state, beliefs[0].covariance, [np.eye(6)]
    total = [covariance]
    for index in (1, 2, 3):
        elapsed = 0.1 * index
        kept = np.exp(-tuning.slowing * elapsed)
        step = np.block([[np.eye(3), elapsed * np.eye(3)], [np.zeros((3, 3)), kept * np.eye(3)]])
        if turned and index == 2:
            step = step[np.concatenate([order, order + 3])]
        noise = body.ahead(replace(beliefs[0], covariance=np.zeros((6, 6))), elapsed, SIZE).covariance
        if turned and index == 2:
            noise = noise[np.ix_(np.concatenate([order, order + 3]), np.concatenate([order, order + 3]))]
        ways.append(step @ ways[-1])
        total.append(step @ total[-1] @ step.T + noise)
    joint = np.zeros((24, 24))
    for later in range(4):
        for earlier in range(later + 1):
            way = ways[later] @ np.linalg.inv(ways[earlier])
            block = way @ total[earlier]
            joint[6 * later : 6 * later + 6, 6 * earlier : 6 * earlier + 6] = block
            joint[6 * earlier : 6 * earlier + 6, 6 * later : 6 * later + 6] = block.T
    seen = np.concatenate([6 * index + np.arange(3) for index in (1, 2, 3)])
    errors = np.diag(np.concatenate([body.variances(one) for one in trust[1:]]))
    errors += tuning.common**2 * np.kron(np.eye(3), np.ones((3, 3)))
    off = np.concatenate(answers[1:]) - np.concatenate([way @ mean for way in ways])[seen]
    exact = mean[:3] + joint[:3, seen] @ np.linalg.solve(joint[np.ix_(seen, seen)] + errors, off)
    np.testing.assert_allclose(body.in_hindsight(beliefs), exact, atol=1e-9)


def test_hours_of_frames_leave_the_covariance_sound():
    rng, body, still = np.random.default_rng(0), BodyFilter(17), points_of(make_pose())
    belief = body.first(still, SURE)
    for _ in range(5000):
        confidence = rng.uniform(0, 1, 17)
        belief = body.taken(body.ahead(belief, rng.uniform(0.001, 0.3), SIZE), still, confidence, SIZE)
    np.testing.assert_allclose(belief.covariance, belief.covariance.T, atol=1e-12)
    assert np.linalg.eigvalsh(belief.covariance).min() > 0
    np.testing.assert_allclose(belief.points, still, atol=0.1)


def test_a_limb_that_has_swung_out_is_expected_to_come_back():
    """An elbow swings about its place for seconds, then nothing is seen of it for a tenth of a second."""
    still, elbow, times = points_of(make_pose()), JOINT_NAMES.index("l-elbow"), np.arange(1, 91) * FRAME_S
    off = {}
    for swing in (0.0, LIVE.swing):
        body = BodyFilter(17, tuning=replace(LIVE, swing=swing))
        swung = np.repeat(still[None], len(times), axis=0)
        swung[:, elbow, 0] += 0.1 * SIZE * np.sin(2 * np.pi * times)
        missed = [body.ahead(belief, 0.1, SIZE).points[elbow, 0] for belief in _followed(body, swung)[:-3]]
        off[swing] = np.abs(np.array(missed) - swung[3:, elbow, 0])[30:].mean()
    assert off[LIVE.swing] < 0.7 * off[0.0]


def test_hindsight_of_limbs_that_swing_is_the_mean_given_both_answers():
    tuning = replace(LIVE, per_speed=0.0, root_per_speed=0.0, astray=0.0, wildest=np.inf)
    body, rng = BodyFilter(6, tuning=tuning), np.random.default_rng(0)
    first, last = rng.normal(0, 1, (2, 6, 5))
    trust = rng.uniform(0.3, 1.0, 6)
    belief = body.first(first, trust)
    expected = body.ahead(belief, 0.1, SIZE)
    # what places and speeds become, one by one
    each = [replace(belief, state=np.repeat(row[:, None], 5, axis=1), hung=np.zeros((6, 5))) for row in np.eye(12)]
    step = np.stack([body.ahead(one, 0.1, SIZE).state[:, 0] for one in each], axis=1)
    together = belief.covariance @ step.T
    errors = np.diag(body.variances(trust)) + tuning.common**2
    exact = first + together[:6, :6] @ np.linalg.solve(expected.covariance[:6, :6] + errors, last - expected.points)
    np.testing.assert_allclose(body.in_hindsight([belief, body.taken(expected, last, trust, SIZE)]), exact, atol=1e-9)
