"""People in maps of centres and boxes drawn by hand: where they are, who comes first, whom poses are asked about."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from sspnet_sdk import BundleError, Estimator
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.bundles.fields import FieldError
from sspnet_sdk.bundles.thresholds import CentresAndBoxes, read_finder
from sspnet_sdk.finding.person_boxes import BoxMaps, judged, people_of
from sspnet_sdk.geometry.crop import cut_out, view_of, whole_in
from sspnet_sdk.images.image import open_image
from sspnet_sdk.inference.engine import Engine

NUMBERS = CentresAndBoxes(1.25, 32, 4, 0.08, 50, 0.6, 0.6, 0.3, 0.12, 0.15, 0.125, 0.35)
PICTURE = open_image(np.zeros((300, 400, 3), np.uint8), "rgb")
WIDTH, HEIGHT = 320, 256
CROP = whole_in(PICTURE, WIDTH, HEIGHT)


def maps(*people):
    """people: (x, y, w, h, likelihood), the box in pixels of the picture."""
    centre, box = np.zeros((HEIGHT // 4, WIDTH // 4), np.float32), np.zeros((4, HEIGHT // 4, WIDTH // 4), np.float32)
    cells = WIDTH / CROP.side / 4
    for x, y, w, h, likelihood in people:
        u, v = (x + w / 2 - CROP.x) * cells, (y + h / 2 - CROP.y) * cells
        row, column = int(v), int(u)
        centre[row, column] = likelihood
        box[:, row, column] = u - column, v - row, w * cells, h * cells
    return BoxMaps(CROP, WIDTH, centre, box)


def people(*drawn, **numbers):
    return people_of(maps(*drawn), PICTURE, replace(NUMBERS, **numbers))


def test_a_box_comes_back_in_pixels_of_the_picture():
    (person,) = people((100, 60, 50, 120, 0.9))
    np.testing.assert_allclose(person.box, [100, 60, 50, 120], atol=0.01)
    assert person.sure and person.score == pytest.approx(0.9)


def test_a_box_ends_where_the_picture_does():
    (person,) = people((-30, 200, 80, 160, 0.9))
    np.testing.assert_allclose(person.box, [0, 200, 50, 100], atol=0.01)


def test_everybody_once_and_who_is_likely_and_in_the_middle_first():
    found = people((20, 100, 60, 120, 0.8), (170, 100, 60, 120, 0.8), (176, 104, 60, 120, 0.7))
    assert [round(float(person.box[0])) for person in found] == [170, 20]


def test_who_is_unlikely_alone_is_not_sure_and_who_is_less_likely_still_is_nobody():
    found = people((20, 100, 60, 120, 0.29), (170, 100, 60, 120, 0.07))
    assert [person.sure for person in found] == [False]


def test_no_more_than_so_many_peaks_are_people():
    crowd = [(20 + 60 * i, 100, 30, 80, 0.9 - 0.1 * i) for i in range(5)]
    assert len(people(*crowd)) == 5 and len(people(*crowd, most_peaks=3)) == 3


def test_poses_settle_who_is_in_doubt_and_nobody_else():
    found, asked = people((20, 100, 60, 120, 0.9), (120, 100, 60, 120, 0.5), (220, 100, 60, 120, 0.2)), []
    found = judged(found, NUMBERS, lambda box: asked.append(round(float(box[0]))) or (0.1 if box[0] < 200 else 0.8), 20, True)
    assert sorted(asked) == [120, 220]
    assert [(round(float(person.box[0])), person.sure) for person in found] == [(20, True), (220, True), (120, False)]


def test_nobody_looks_at_who_is_not_worth_it_nor_at_all_of_a_crowd():
    faint, crowd = (20, 100, 30, 60, 0.14), [(70 + 35 * i, 100, 30, 60, 0.3) for i in range(9)]
    found, asked = people(faint, *crowd), []
    judged(found, NUMBERS, lambda box: asked.append(round(float(box[0]))) or 1.0, 20, True)
    assert len(asked) == 6 and 20 not in asked


def test_who_wants_one_person_asks_only_until_somebody_is_sure():
    found, asked = people((120, 100, 60, 120, 0.5), (220, 100, 60, 120, 0.4)), []
    judged(found, NUMBERS, lambda box: asked.append(box) or 0.9, 20, False)
    assert len(asked) == 1
    assert len(people()) == 0 == len(judged([], NUMBERS, lambda box: pytest.fail("asked"), 3, False))


def test_without_time_for_poses_the_likelihood_alone_tells():
    found = people((120, 100, 60, 120, 0.5), (220, 100, 60, 120, 0.2))
    alone = judged(found, NUMBERS, lambda box: pytest.fail("asked"), 0, True)
    assert [person.sure for person in alone] == [True, False]


@pytest.mark.parametrize("size", [(640, 480), (480, 640), (1920, 1080), (500, 500), (4000, 30), (30, 4000), (8, 8)])
def test_a_view_has_the_pictures_shape_and_about_the_same_pixels_whatever_that_is(size):
    width, height = view_of(open_image(np.zeros((size[1], size[0], 3), np.uint8), "rgb"), 320, 32)
    assert width % 32 == 0 == height % 32 and min(width, height) >= 32
    assert 0.6 < width * height / (0.75 * 320**2) < 1.4
    if max(size) < 4 * min(size):
        assert width / height == pytest.approx(size[0] / size[1], rel=0.15)


def test_all_of_the_picture_is_in_the_view_and_square_pixels_stay_square():
    image = np.zeros((300, 400, 3), np.uint8)
    image[140:160, 190:210] = 255
    view = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    cut_out(open_image(image, "rgb"), CROP, view, 128)
    rows, columns = np.nonzero(view[..., 0] > 200)
    assert np.ptp(rows) == np.ptp(columns) == 15
    assert (rows.mean(), columns.mean()) == (pytest.approx(127.5), pytest.approx(159.5))
    assert (view[:8] == 128).all() and (view[-8:] == 128).all() and (view[9:-9] != 128).all()


def test_the_manifests_numbers_are_checked():
    section = {"decoder": "centres_and_boxes", **asdict(NUMBERS)}
    assert read_finder(section) == NUMBERS
    before = {name: value for name, value in section.items() if name != "worth_a_look"}
    assert read_finder(before) == replace(NUMBERS, worth_a_look=NUMBERS.sure_with_pose)
    with pytest.raises(FieldError, match=r"finder\.worth_a_look"):
        read_finder(section | {"worth_a_look": "often"})
    with pytest.raises(FieldError, match=r"'finder\.stride' must be a multiple"):
        read_finder(section | {"cell": 5})
    with pytest.raises(FieldError, match=r"finder\.clear"):
        read_finder(section | {"clear": 2})


def two_dots(dot_image, wide=320, high=240):
    return dot_image(90, 110, wide, high) + dot_image(240, 110, wide, high)


@pytest.mark.parametrize("shape", [(320, 240), (480, 200)])
def test_a_bundle_with_such_a_finder_finds_everybody_in_a_picture_of_any_shape(boxes_dot_bundle, dot_image, backend, shape):
    estimator = Estimator(boxes_dot_bundle, backend=backend, threads=1)
    boxes = estimator.find(two_dots(dot_image, *shape))
    middles = sorted(float(box[0] + box[2] / 2) for box in boxes)
    assert middles == pytest.approx([90, 240], abs=6)
    poses = estimator.predict_all(two_dots(dot_image, *shape))
    assert sorted(round(float(pose.keypoints[0, 0])) for pose in poses) == [90, 240]


def test_where_nobody_is_nobody_is_found(boxes_dot_bundle, backend):
    estimator = Estimator(boxes_dot_bundle, backend=backend, threads=1)
    empty = np.zeros((200, 300, 3), np.uint8)
    assert estimator.find(empty) == [] == estimator.predict_all(empty) and estimator.predict(empty).unsure


@pytest.mark.parametrize("goal", [{"target_fps": 20}, {"deadline_ms": 50}])
def test_such_a_finder_runs_under_a_goal_too(boxes_dot_bundle, dot_image, goal):
    estimator = Estimator(boxes_dot_bundle, backend="onnxruntime", threads=1, **goal)
    assert estimator.predict(dot_image(150, 100)).keypoints[0] == pytest.approx((150, 100), abs=3)


@pytest.mark.parametrize("backend_name", ["onnxruntime", "openvino"])
def test_an_engine_that_wants_fixed_shapes_opens_the_finder_for_each(boxes_dot_bundle, dot_image, backend_name, monkeypatch):
    engine = Engine(open_bundle(boxes_dot_bundle), backend_name, "fp32", 1)
    monkeypatch.setattr(engine._backend, "fixed_shapes", True)
    for wide, high in ((320, 240), (240, 320), (320, 240)):
        answer = engine.find_boxes(open_image(dot_image(90, 110, wide, high), "bgr"), 128, NUMBERS)
        assert answer.centre.max() > 0.5


def test_a_graph_that_gives_no_boxes_is_named(boxes_dot_bundle):
    engine = Engine(open_bundle(boxes_dot_bundle), "onnxruntime", "fp32", 1)
    with pytest.raises(BundleError, match=r"finder\.onnx lacks centre"):
        engine.find_boxes(PICTURE, 128, replace(NUMBERS, cell=8))
