"""COCO's average precision: 1 for the truth, less for joints that are off, and without a face."""

from __future__ import annotations

import numpy as np
import pytest
from sspnet_train.data.sample import Sample
from sspnet_train.evaluation.coco_ap import coco_ap
from sspnet_train.evaluation.scores import Predictions

pytest.importorskip("pycocotools")


def people(count: int = 8) -> list[Sample]:
    rng = np.random.default_rng(0)
    weight = np.ones(28, np.float32)
    image, box = np.zeros((1, 1, 3), np.uint8), np.array([0, 0, 100, 200.0])
    return [Sample(image, box, rng.uniform((0, 0), (100, 200), (28, 2)), weight) for _ in range(count)]


def answer(samples: list[Sample], off: float = 0.0, joints: int = 28) -> Predictions:
    keypoints = np.stack([sample.keypoints[:joints] for sample in samples]) + off
    return Predictions(samples, {2: keypoints}, {2: np.zeros((len(samples), joints, 3))}, {2: np.ones((len(samples), joints))})


def test_the_truth_is_perfect_and_joints_that_are_off_cost():
    samples = people()
    assert coco_ap(answer(samples), 2) == pytest.approx(1.0)
    assert 0 < coco_ap(answer(samples, off=6.0), 2) < 0.9
    assert coco_ap(answer(samples, off=60.0), 2) == 0.0


def test_a_network_without_a_face_misses_five_of_seventeen_joints():
    assert 0 < coco_ap(answer(people(), joints=17), 2) < 0.6


def test_joints_without_a_label_do_not_count():
    samples = people()
    found = answer(samples)
    for index, sample in enumerate(samples):
        sample.weight[17:] = 0
        found.keypoints[2][index, 17:] += 500
    assert coco_ap(found, 2) == pytest.approx(1.0)


def test_an_error_weighs_by_the_area_of_the_persons_box():
    def with_box(width, height):
        samples = people()
        for sample in samples:
            sample.box = np.array([0, 0, width, height])
        return coco_ap(answer(samples, off=6.0), 2)

    assert with_box(200.0, 100.0) == with_box(100.0, 200.0) < with_box(200.0, 200.0)
