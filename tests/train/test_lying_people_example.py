"""The example that docs/fine-tuning.md fine-tunes on: people turned by a quarter, labels with them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np
from drawn_people import drawn_person
from sspnet_train.data.catalog import open_split

EXAMPLE = Path(__file__).parents[2] / "examples" / "lying_people.py"


def example():
    spec = importlib.util.spec_from_file_location("lying_people", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["lying_people"] = module
    spec.loader.exec_module(module)
    return module


def test_joints_turn_with_the_picture(tmp_path):
    people = [drawn_person(seed) for seed in range(3)]
    assert example().write_split(tmp_path, "val", people) == 3
    source = open_split("coco", tmp_path, "val", "coco")
    for before, after in zip(people, map(source.read, range(3)), strict=True):
        height, width = before.image.shape[:2]
        assert after.image.shape[:2] == (width, height)
        x, y = before.keypoints[3]
        np.testing.assert_allclose(after.keypoints[3], [y, width - x], atol=0.01)
        turned = cv2.rotate(before.image, cv2.ROTATE_90_COUNTERCLOCKWISE)
        np.testing.assert_array_equal(after.image, turned)


def test_only_people_who_stand_are_turned():
    person = drawn_person(0)
    assert example().is_upright(person)
    person.keypoints = person.keypoints[:, ::-1].copy()
    assert not example().is_upright(person)
