"""Random views: labels stay on what they label, and say what is not to be seen."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_people import drawn_person
from hypothesis import given, settings
from hypothesis import strategies as st
from sspnet_train.data.augment import ANY_CAMERA, Augmentation, make_example
from sspnet_train.data.crop import plain_crop
from sspnet_train.data.sample import FLIP_ORDER, Sample

ANY_VIEW = replace(ANY_CAMERA, any_rotation=0.5, gain=0.0, paste=0.0, occlude=0.0, degrade=0.0)
PLAIN = Augmentation(scale=(1.0, 1.0), rotation_deg=0.0, gain=0.0, mirror=False)
LEFT_KNEE, SIZE = 5, 128


def person(**changes) -> Sample:
    """A person of whose left knee alone there is a picture: a soft dot, brighter than the grey about it."""
    known = drawn_person(3)
    image = np.full_like(known.image, 128)
    cv2.circle(
        image,
        tuple(np.round(16 * (known.keypoints[LEFT_KNEE] - 0.5)).astype(int).tolist()),
        16 * 5,
        (255,) * 3,
        -1,
        cv2.LINE_AA,
        4,
    )
    return replace(known, image=image, **changes)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_a_label_is_where_its_joint_is_seen_also_in_a_mirror_where_it_is_the_other_sides(seed):
    example = make_example(person(), SIZE, ANY_VIEW, np.random.default_rng(seed))
    mirrored = np.linalg.det(example.turn) < 0
    bright = np.clip(example.image[..., 0].astype(float) - 140, 0, None)
    rows, columns = np.mgrid[0:SIZE, 0:SIZE] + 0.5
    place = example.target[FLIP_ORDER[LEFT_KNEE] if mirrored else LEFT_KNEE, :2] * SIZE
    if (np.abs(place - SIZE / 2) < SIZE / 2 - 10).all():
        seen = np.array([(bright * columns).sum(), (bright * rows).sum()]) / bright.sum()
        np.testing.assert_allclose(seen, place, atol=0.6)


def test_joints_outside_the_crop_are_known_not_to_be_there_and_unlabelled_ones_are_unknown():
    sample = person()
    keypoints, weight = sample.keypoints.copy(), sample.weight.copy()
    keypoints[3], weight[6] = (1000, 1000), 0
    example = make_example(replace(sample, keypoints=keypoints, weight=weight), SIZE, PLAIN, np.random.default_rng(0))
    assert example.present[3] == 0 and not example.weight[3].any()
    assert np.isnan(example.present[6]) and not example.weight[6, :2].any()
    assert example.present[LEFT_KNEE] == 1 and example.weight[LEFT_KNEE].all()
    assert np.isnan(example.present[17:]).all() and not example.weight[17:].any()  # face and feet, which nobody labelled


def test_an_unlabelled_joint_may_lie_at_nan_and_teaches_nothing():
    person = drawn_person(0)
    keypoints, depth, weight = person.keypoints.copy(), person.depth.copy(), person.weight.copy()
    keypoints[3], depth[3], weight[3] = np.nan, np.nan, 0
    person = replace(person, keypoints=keypoints, depth=depth, weight=weight, weight_depth=weight)
    example = make_example(person, 64, Augmentation(mirror=False), np.random.default_rng(0))
    assert np.isfinite(example.target).all() and not example.weight[3].any() and np.isnan(example.present[3])
    assert example.weight[:17, 0].sum() > 10


def test_where_nobody_is_no_joint_is_there():
    empty = person(weight=np.zeros(17, np.float32), weight_depth=np.zeros(17, np.float32))
    example = make_example(empty, SIZE, PLAIN, np.random.default_rng(0))
    assert not example.present.any() and not example.weight.any()


def test_depth_is_told_in_shares_of_two_metres_about_the_pelvis():
    sample = person()
    example = make_example(sample, SIZE, PLAIN, np.random.default_rng(0))
    np.testing.assert_allclose(example.target[:17, 2], sample.depth / 2000 + 0.5, atol=1e-6)
    far = make_example(replace(sample, depth=sample.depth + 5000), SIZE, PLAIN, np.random.default_rng(0))
    assert (far.target[:17, 2] == 1).all()


@pytest.mark.parametrize("change", [{"paste": 1.0}, {"occlude": 1.0}, {"degrade": 1.0}, {"gain": 0.3}])
def test_what_is_done_to_the_pixels_leaves_labels_alone(change):
    plain = make_example(drawn_person(3), SIZE, PLAIN, np.random.default_rng(5))
    changed = make_example(drawn_person(3), SIZE, replace(PLAIN, **change), np.random.default_rng(5), [drawn_person(4)])
    np.testing.assert_array_equal(changed.target, plain.target)
    assert (changed.image != plain.image).any()


def test_the_plain_crop_is_the_runtimes_square_of_one_and_a_quarter_boxes():
    sample = person()
    x, y, w, h = sample.box
    crop, view = plain_crop(sample, SIZE)
    assert crop.shape == (SIZE, SIZE, 3)
    np.testing.assert_allclose(view[:, :2] @ [x + w / 2, y + h / 2] + view[:, 2], [SIZE / 2, SIZE / 2], atol=1e-6)
    np.testing.assert_allclose(view[:, :2], SIZE / 1.25 / max(w, h) * np.eye(2), atol=1e-6)


def test_without_a_labelled_trunk_its_length_is_a_fifth_of_the_crop():
    sample = person()
    weight = sample.weight.copy()
    weight[8] = 0
    assert make_example(replace(sample, weight=weight), SIZE, PLAIN, np.random.default_rng(0)).torso == pytest.approx(0.2)


def test_others_are_pasted_in_their_own_colours_and_without_trusted_joints_not_at_all():
    target, other = person(), drawn_person(4)
    target = replace(target, image=np.full_like(target.image, 100))
    other = replace(other, image=np.full_like(other.image, 200))
    plain = make_example(target, SIZE, PLAIN, np.random.default_rng(0))
    shown = 0
    for seed in range(6):
        image = make_example(target, SIZE, PLAIN, np.random.default_rng(seed), [other]).image
        shown += int((image == 200).sum() > 300)
        changed = image != make_example(target, SIZE, PLAIN, np.random.default_rng(seed)).image
        assert image[changed].min() >= 100 and image[changed].max() <= 200
    assert shown >= 4
    unknown = replace(other, weight=np.zeros_like(other.weight))
    np.testing.assert_array_equal(make_example(target, SIZE, PLAIN, np.random.default_rng(0), [unknown]).image, plain.image)
