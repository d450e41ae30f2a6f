"""Metrics against independent implementations and against cases computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_people import person_mm
from scipy.linalg import orthogonal_procrustes
from scipy.spatial import procrustes as scipy_procrustes
from scipy.spatial.transform import Rotation
from sspnet_train.data.sample import BODY_FLIP_ORDER, Sample
from sspnet_train.evaluation.scores import Predictions, score
from sspnet_train.metrics import auc, mpjpe, pa_mpjpe, pck, pitch_error, procrustes, scaled_mpjpe, torso


def test_mpjpe_by_hand():
    truth, said = np.zeros((1, 2, 3)), np.array([[[3.0, 4.0, 0.0], [0.0, 0.0, 1.0]]])
    assert mpjpe(said, truth)[0] == 3.0


@pytest.mark.parametrize("seed", range(5))
def test_procrustes_is_scipys(seed):
    truth, said = person_mm(seed), person_mm(seed + 50)
    standard, aligned, _ = scipy_procrustes(truth, said)
    centred = truth - truth.mean(axis=0)
    ours = (procrustes(said[None], truth[None])[0] - truth.mean(axis=0)) / np.linalg.norm(centred)
    np.testing.assert_allclose(standard, centred / np.linalg.norm(centred), atol=1e-12)
    rotation, _ = orthogonal_procrustes(said - said.mean(axis=0), centred)
    if np.linalg.det(rotation) > 0:
        np.testing.assert_allclose(ours, aligned, atol=1e-9)


def test_a_turned_scaled_moved_pose_is_no_error_but_a_mirrored_one_is():
    truth = person_mm(1)
    turned = 0.7 * truth @ Rotation.from_euler("xyz", [20, 130, -40], degrees=True).as_matrix().T + [10, 20, 30]
    assert pa_mpjpe(turned[None], truth[None])[0] == pytest.approx(0, abs=1e-9)
    assert pa_mpjpe((truth * [-1, 1, 1])[None], truth[None])[0] > 30


def test_pck_and_auc_by_hand():
    distance, valid = np.array([[0.1, 0.3, 0.15]]), np.array([[True, True, False]])
    assert pck(distance, valid, 0.2) == 0.5
    assert auc(np.array([0.0])) == pytest.approx(30 / 31)
    assert auc(np.array([72.0])) == pytest.approx(16 / 31)
    assert auc(np.array([200.0])) == 0


def test_torso_stands_in_where_joints_have_no_label_and_is_never_tiny():
    upright = np.full((1, 17, 2), np.nan)
    upright[0, [1, 4, 11, 14]] = [[-10, 60], [10, 60], [15, 0], [-15, 0]]
    assert torso(upright, np.array([[0, 0, 40, 200]])) == 60
    assert torso(upright, np.array([[0, 0, 40, 1000]])) == 100, "a tenth of the box's longer side at least"
    upright[0, 4] = np.nan
    assert torso(upright, np.array([[0, 0, 40, 200]])) == 50, "a quarter of it where a hip has no label"


def test_torso_is_the_way_from_the_middle_of_the_hips_to_that_of_the_shoulders():
    joints = np.full((1, 17, 2), 500.0)
    joints[0, [1, 4, 11, 14]] = [(90, 200), (110, 200), (70, 110), (150, 90)]
    assert torso(joints, np.array([[0, 0, 100, 300]])) == pytest.approx(np.hypot(10, 100))


def test_a_pose_of_another_size_has_no_error_at_the_best_scale():
    truth = person_mm(0)[None] - person_mm(0)[:1]
    assert mpjpe(1.2 * truth, truth)[0] > 50
    assert scaled_mpjpe(1.2 * truth, truth)[0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("lean", [-30.0, 0.0, 45.0])
def test_pitch_is_how_much_further_the_torso_leans_away(lean):
    truth = np.zeros((1, 17, 3))
    truth[0, 8] = [0, -500, 0]
    said = truth.copy()
    said[0, 8] = 500 * np.array([0, -np.cos(np.radians(lean)), np.sin(np.radians(lean))])
    assert pitch_error(said, truth)[0] == pytest.approx(lean)


def test_of_joints_that_are_surely_told_it_counts_how_many_are_right():
    joints, image = person_mm(1)[:, :2] + 1000, np.zeros((0, 0, 3), np.uint8)
    person = Sample(image, np.array([0, 0, 1500, 2000]), joints.astype(np.float32), np.ones(17, np.float32))
    said, confidence = joints[None].copy(), np.full((1, 17), 0.5)
    said[0, [3, 6]] += 5000
    confidence[0, [1, 2, 3, 4]] = 0.9
    scores = score(Predictions([person], {8: said}, {8: np.zeros((1, 17, 3))}, {8: confidence}), 8)
    assert scores["sure"] == pytest.approx(4 / 12) and scores["calibration"] == pytest.approx(3 / 4)


def test_a_part_that_nobody_is_labelled_with_has_no_score():
    points, picture = np.random.default_rng(0).uniform(0, 100, (28, 2)), np.zeros((0, 0, 3), np.uint8)
    weight = np.ones(28, np.float32)
    weight[17:22] = 0
    person = Sample(picture, np.array([0, 0, 100, 100.0]), points, weight)
    scores = score(Predictions([person], {8: points[None]}, {8: np.zeros((1, 28, 3))}, {8: np.ones((1, 28))}), 8)
    assert "pck_face" not in scores and scores["pck_feet"] == 1.0
    weight[18] = 1
    assert score(Predictions([person], {8: points[None]}, {8: np.zeros((1, 28, 3))}, {8: np.ones((1, 28))}), 8)["pck_face"] == 1.0


def test_a_person_whose_sides_are_exchanged_counts_as_mirrored():
    rng = np.random.default_rng(0)
    points, picture = rng.uniform(0, 100, (2, 28, 2)), np.zeros((0, 0, 3), np.uint8)
    people = [Sample(picture, np.array([0, 0, 100, 100.0]), places, np.ones(28, np.float32)) for places in points]
    said = points.copy()
    said[1, :17] = said[1, list(BODY_FLIP_ORDER)]
    scores = score(Predictions(people, {8: said}, {8: np.zeros((2, 28, 3))}, {8: np.ones((2, 28))}), 8)
    assert scores["mirrored"] == 0.5 and scores["pck_face"] == scores["pck_feet"] == 1.0 and scores["pck"] < 1
