"""Drawings: joints lie where the pose says, sides have their colours, doubt shows, and nothing outside the picture breaks."""

import dataclasses

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_people import make_frame, make_pose

from sspnet_sdk import ImageError, SSPNetError, write_image
from sspnet_sdk.draw import Overlay, draw
from sspnet_sdk.drawing.inset import render_inset
from sspnet_sdk.drawing.skeleton import SIDE_COLORS
from sspnet_sdk.frame import Person

GREY = np.full((480, 640, 3), 90, np.uint8)


def _near(image, point, color):
    x, y = np.round(point - 0.5).astype(int)
    return np.abs(image[y, x].astype(int) - color).max() < 25


def test_an_overlay_takes_what_draw_takes():
    pose = make_pose()
    assert np.array_equal(Overlay().draw(GREY, pose), draw(GREY, pose))
    assert np.array_equal(Overlay().draw(GREY[:, :, 0], [pose]), draw(GREY, pose))
    with pytest.raises(ImageError, match="not None"):
        Overlay().draw(None, pose)


@pytest.mark.parametrize(("score", "meant"), [(7.3, 1.0), (1e6, 1.0), (-0.4, 0.0), (-5.0, 0.0)])
def test_scores_of_other_networks_are_drawn_as_the_nearest_confidence(score, meant):
    pose = make_pose()
    given, expected = (dataclasses.replace(pose, confidence=np.full_like(pose.confidence, value)) for value in (score, meant))
    assert np.array_equal(draw(GREY, given, legend=""), draw(GREY, expected, legend=""))
    assert given._repr_png_() == expected._repr_png_()


def test_an_inset_without_anybody_shows_the_floor_alone():
    square = np.full((300, 300, 3), 90, np.uint8)
    empty, seen = render_inset([], square), render_inset([make_pose()], square)
    assert empty.shape == (300, 300, 3) and len(np.unique(empty[200:].reshape(-1, 3), axis=0)) > 10
    assert (empty != seen).any(axis=2).mean() > 0.01


@pytest.mark.parametrize(
    ("name", "image", "words"),
    [
        ("a.foo", GREY, r"a\.foo: OpenCV here writes no such pictures: use \.jpg, "),
        ("a.png", GREY / 255, r"a\.png: expected an \(H, W, 3\) uint8 array, not float64 \(480, 640, 3\)"),
        ("a.png", GREY[:, :, :2], "not uint8 .480, 640, 2"),
        ("a.png", None, "not NoneType"),
    ],
)
def test_what_is_no_picture_is_not_written(tmp_path, name, image, words):
    with pytest.raises(SSPNetError, match=words):
        write_image(tmp_path / name, image)
    assert list(tmp_path.iterdir()) == []


def test_joints_are_drawn_where_they_are_in_the_colour_of_their_side():
    pose = make_pose(confidence=1.0)
    image = draw(GREY, pose, inset=False, legend="")
    for joint, side in ((3, "right"), (6, "left"), (13, "left"), (16, "right"), (10, "centre")):
        assert _near(image, pose.keypoints[joint], SIDE_COLORS[side]), joint


def test_face_and_feet_are_drawn_where_there_are():
    pose = make_pose(confidence=1.0, count=28)
    image = draw(GREY, pose, inset=False, legend="")
    for joint, side in ((24, "left"), (25, "right"), (20, "left")):
        assert _near(image, pose.keypoints[joint], SIDE_COLORS[side]), joint
    assert (draw(GREY, [pose, make_pose(seed=1)]) != GREY).any()  # beside one of 17 joints, with the inset


def test_the_picture_itself_is_not_touched():
    before = GREY.copy()
    draw(GREY, make_pose())
    np.testing.assert_array_equal(GREY, before)


def test_any_image_that_predict_takes_can_be_drawn_on(tmp_path):
    file, pose = tmp_path / "grey.png", make_pose()
    cv2.imwrite(str(file), GREY)
    expected = draw(GREY, pose)
    for image in (file, str(file), file.read_bytes(), GREY[:, :, 0], np.dstack([GREY, GREY[:, :, :1]])):
        np.testing.assert_array_equal(draw(image, pose), expected)
        np.testing.assert_array_equal(pose.draw(image), draw(GREY, pose, legend=""))
    with pytest.raises(ImageError, match="uint8"):
        draw(GREY.astype(float), pose)


def test_doubtful_joints_are_fainter():
    changes = []
    for confidence in (1.0, 0.5, 0.1):
        image = draw(GREY, make_pose(confidence=confidence), inset=False, legend="")
        changes.append(int(np.abs(image.astype(int) - GREY).sum()))
    assert changes[0] > 1.3 * changes[1] > 1.3 * changes[2] > 0


def test_nobody_leaves_the_picture_as_it_is():
    np.testing.assert_array_equal(draw(GREY, []), GREY)


def test_the_inset_avoids_the_people_and_stays_where_it_is_in_a_video():
    overlay = Overlay()
    first = overlay.draw_frame(make_frame(0, Person(1, make_pose(centre=(560, 160)))))
    plain = draw(make_frame(0).image, [])
    assert (first[20:150, 20:150] != plain[20:150, 20:150]).any()  # upper left: the person is on the right
    second = overlay.draw_frame(make_frame(1, Person(1, make_pose(centre=(80, 160)))))
    assert (second[40:150, 100:150] != plain[40:150, 100:150]).mean() > 0.9


def test_the_inset_is_smaller_where_it_would_hide_a_face():
    """Two people below the upper corners: the largest inset would lie on a head, a smaller one lies above it."""
    people = [make_pose(centre=(x, 350)) for x in (80, 560)]
    change = cv2.absdiff(draw(GREY, people, legend=""), draw(GREY, people, inset=False, legend="")).any(axis=2)
    assert 110 <= change.any(axis=0).sum() < 0.4 * 480
    for pose in people:
        head = pose.keypoints[10].astype(int)
        assert not change[head[1] - 20 : head[1] + 20, head[0] - 20 : head[0] + 20].any()


def test_one_overlay_draws_pictures_of_any_size():
    overlay, pose = Overlay(), make_pose()
    for shape in ((480, 640), (40, 60), (16, 900), (1080, 1920), (480, 640)):
        assert overlay.draw(np.zeros((*shape, 3), np.uint8), pose).shape[:2] == shape


def test_the_inset_shows_depth_from_the_side():
    """Arms stretched to the camera look short from the front; seen obliquely they spread the drawing."""
    spread = []
    for reach in (0.0, -600.0):
        pose = make_pose(confidence=1.0)
        pose.joints3d[[13, 16], 2] += reach
        image = render_inset([pose], np.full((300, 300, 3), 90, np.uint8))
        blue = (np.abs(image.astype(int) - SIDE_COLORS["left"]) < 25).all(axis=2) | (
            np.abs(image.astype(int) - SIDE_COLORS["right"]) < 25
        ).all(axis=2)
        spread.append(int(np.ptp(np.nonzero(blue)[1])))
    assert spread[1] > spread[0] + 10


@pytest.mark.parametrize("shape", [(8, 8), (60, 2000), (2000, 60), (1080, 1920)])
def test_any_shape_of_picture_can_be_drawn_on(shape):
    image = np.zeros((*shape, 3), np.uint8)
    assert draw(image, [make_pose(), make_pose(seed=1)]).shape == image.shape


@settings(max_examples=40, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(1e-3, 1e4))
def test_poses_anywhere_draw_without_an_error(x, y, size):
    pose = make_pose()
    pose.keypoints[:] = pose.keypoints * np.float32(size) + np.float32([x, y])
    pose.box[:] = np.concatenate([pose.keypoints.min(0), np.ptp(pose.keypoints, axis=0)])
    assert draw(GREY, pose).shape == GREY.shape


def test_not_a_number_is_left_out():
    pose = make_pose()
    pose.keypoints[4] = np.nan
    pose.joints3d[4] = np.nan
    assert draw(GREY, pose).shape == GREY.shape


def test_a_unicode_legend_does_not_break():
    assert cv2.norm(draw(GREY, make_pose(), legend="schön · 人"), GREY) > 0
