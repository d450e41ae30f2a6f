"""Estimator: options, answers, geometry, deadlines; on both engines."""

import io
import logging
import threading
import time

import cv2
import numpy as np
import pytest
from dot_bundle import DEPTH_STEP, TEMPLATE

import sspnet_sdk
from sspnet_sdk import JOINT_NAMES, JOINT_PARENTS, Estimator, ImageError, OptionError, Pose
from sspnet_sdk.options import Options

BOX = (60, 40, 200, 160)


def test_predict_gives_a_whole_pose_in_pixels_and_millimetres(dot_bundle, dot_image, backend):
    pose = Estimator(dot_bundle, backend=backend).predict(dot_image(150.25, 110.75), BOX)
    assert isinstance(pose, Pose)
    assert np.allclose(pose.keypoints[0], (150.25, 110.75), atol=0.1)
    side = 1.25 * 200
    assert np.allclose(pose.keypoints, pose.keypoints[0] + TEMPLATE[:17] * side, atol=0.01)
    assert (pose.joints3d[0] == 0).all() and np.isfinite(pose.joints3d).all()
    assert np.allclose(pose.joints3d[[2, 5], 2], 2 * DEPTH_STEP * 2000, atol=0.1)
    assert pose.box.tolist() == list(BOX)
    assert (pose.cut, pose.input_size, pose.unsure) == (8, 128, False) and pose.latency_ms > 0
    for array, shape in ((pose.keypoints, (17, 2)), (pose.joints3d, (17, 3)), (pose.confidence, (17,)), (pose.box, (4,))):
        assert array.shape == shape and array.dtype == np.float32
    assert 0 <= pose.confidence.min() <= pose.confidence.max() <= 1


@pytest.mark.parametrize("millimetres", ["dot_bundle_28", "formula_dot_bundle_28"])
def test_a_bundle_with_face_and_feet_gives_28_joints(request, millimetres, dot_image, backend):
    estimator = Estimator(request.getfixturevalue(millimetres), backend=backend)
    image = dot_image(150.25, 110.75)
    pose = estimator.predict(image, BOX, camera=(400, 400, 160, 120))
    assert (pose.names, pose.parents) == (JOINT_NAMES, JOINT_PARENTS)
    assert np.allclose(pose.keypoints, pose.keypoints[0] + TEMPLATE * 250, atol=0.01)
    for array, shape in ((pose.keypoints, (28, 2)), (pose.joints3d, (28, 3)), (pose.confidence, (28,))):
        assert array.shape == shape and array.dtype == np.float32
    assert (pose.joints3d[0] == 0).all() and pose.joints3d_camera.shape == (28, 3)
    assert pose.joints3d[24, 1] > pose.joints3d[22, 1] > pose.joints3d[6, 1]  # toe, heel, ankle: down
    assert not estimator.predict(image).unsure and len(estimator.find(image)) == 1


def test_a_bundle_without_them_gives_the_first_17(dot_bundle, dot_image):
    pose = Estimator(dot_bundle).predict(dot_image(150, 110), BOX)
    assert (pose.names, pose.parents) == (JOINT_NAMES[:17], JOINT_PARENTS[:17])


def test_a_known_height_gives_millimetres_of_that_person(dot_bundle_28, dot_image):
    estimator, image = Estimator(dot_bundle_28), dot_image(150, 110)
    plain = estimator.predict(image, BOX, camera=(400, 400, 160, 120))
    known = estimator.predict(image, BOX, camera=(400, 400, 160, 120), height_mm=1200)
    np.testing.assert_allclose(known.joints3d, plain.with_height(1200).joints3d, rtol=1e-4)
    np.testing.assert_allclose(known.joints3d_camera, plain.with_height(1200).joints3d_camera, rtol=1e-4)
    with pytest.raises(OptionError, match="height in millimetres"):
        estimator.predict(image, BOX, height_mm=1.2)


@pytest.mark.parametrize("cut", [2, 4, 8])
@pytest.mark.parametrize("size", [64, 128])
def test_cut_and_input_size_can_be_pinned_and_run_just_that(dot_bundle, dot_image, backend, cut, size):
    pose = Estimator(dot_bundle, cut=cut, input_size=size, backend=backend).predict(dot_image(150, 110), BOX)
    assert (pose.cut, pose.input_size) == (cut, size)
    steps = {2: 0, 4: 1, 8: 2}[cut]
    assert pose.joints3d[2, 2] == pytest.approx(steps * DEPTH_STEP * 2000, abs=0.1)


def test_without_a_box_it_finds_the_person(dot_bundle, blind_dot_bundle, dot_image, backend):
    for bundle in (dot_bundle, blind_dot_bundle):
        pose = Estimator(bundle, backend=backend).predict(dot_image(90, 140))
        assert np.allclose(pose.keypoints[0], (90, 140), atol=1.0) and not pose.unsure
        assert pose.box[0] < 90 < pose.box[0] + pose.box[2] and pose.box[1] < 140 < pose.box[1] + pose.box[3]


def test_without_anybody_it_answers_and_says_that_it_is_unsure(dot_bundle, blind_dot_bundle, dot_image):
    for bundle in (dot_bundle, blind_dot_bundle):
        estimator = Estimator(bundle, backend="onnxruntime")
        nobody = np.zeros((240, 320, 3), np.uint8)
        assert estimator.predict(nobody).unsure
        assert estimator.find(nobody) == []


@pytest.mark.parametrize("ask", ["predict", "predict_all", "find", "batch", "many"])
def test_an_image_that_comes_slowly_keeps_nobody_waiting(dot_bundle, dot_image, ask):
    estimator = Estimator(dot_bundle, backend="onnxruntime", cut=2)
    content = cv2.imencode(".png", dot_image(150, 110))[1].tobytes()
    asks = {"batch": lambda file: estimator.predict_batch([file]), "many": lambda file: estimator.predict_many(file, [BOX])}
    arrived = threading.Event()

    class Upload(io.BytesIO):
        def read(self, size=-1):
            assert arrived.wait(60)
            return super().read(size)

    asking = threading.Thread(target=asks.get(ask) or getattr(estimator, ask), args=(Upload(content),), daemon=True)
    asking.start()
    other = threading.Thread(target=lambda: estimator.predict(content, BOX) and arrived.set(), daemon=True)
    other.start()
    assert arrived.wait(30)
    asking.join(30)
    assert not asking.is_alive()


def test_boxes_and_previous_poses_may_be_found_by_the_estimator_itself_as_they_are_read(dot_bundle, dot_image):
    image, estimator = dot_image(150, 110), Estimator(dot_bundle, backend="onnxruntime", cut=2)

    def boxes():
        yield estimator.predict(image, (100, 60, 100, 100)).box

    def ask():
        previous = (estimator.predict(image, box) for box in boxes())
        given.extend(estimator.predict_many(image, boxes(), previous=previous))

    given = []
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(60)
    assert len(given) == 1


def test_find_gives_everybody_and_predict_many_their_poses_in_order(dot_bundle, dot_image, backend):
    image = np.maximum(dot_image(60, 120, 480, 240), dot_image(400, 100, 480, 240))
    estimator = Estimator(dot_bundle, backend=backend)
    boxes = estimator.find(image)
    assert len(boxes) == 2
    poses = estimator.predict_many(image, boxes)
    assert sorted(round(float(pose.keypoints[0, 0]), -1) for pose in poses) == [60, 400]
    for box, pose in zip(boxes, poses, strict=True):
        single = estimator.predict(image, box)
        assert np.allclose(pose.keypoints, single.keypoints, atol=1e-3) and np.allclose(pose.joints3d, single.joints3d, atol=0.1)
    assert estimator.predict_many(image, []) == []
    assert len(estimator.predict_many(image, np.array(boxes * 20))) == 40


def test_predict_all_gives_everybody_once_the_most_prominent_first(dot_bundle, dot_image, backend):
    image = np.maximum(dot_image(60, 120, 480, 240), dot_image(400, 120, 480, 240))
    estimator = Estimator(dot_bundle, backend=backend)
    poses = estimator.predict_all(image)
    assert [round(float(pose.keypoints[0, 0]), -1) for pose in poses] == [400, 60]
    assert not any(pose.unsure for pose in poses)
    (first,) = estimator.predict_all(image, max_people=1)
    assert np.allclose(first.keypoints, poses[0].keypoints, atol=1e-3)
    assert len(estimator.predict_all(image, max_people=5)) == 2


def test_predict_all_of_a_picture_without_anybody_is_empty(dot_bundle, blind_dot_bundle):
    for bundle in (dot_bundle, blind_dot_bundle):
        assert Estimator(bundle, backend="onnxruntime").predict_all(np.zeros((240, 320, 3), np.uint8)) == []


def test_predict_all_of_a_bundle_without_a_finder_gives_one_person_at_most(blind_dot_bundle, dot_image):
    (pose,) = Estimator(blind_dot_bundle, backend="onnxruntime").predict_all(dot_image(90, 140))
    assert np.allclose(pose.keypoints[0], (90, 140), atol=1.0)


def test_predict_all_keeps_to_a_rate_and_takes_a_camera(depth_dot_bundle, dot_image):
    estimator = Estimator(depth_dot_bundle, backend="onnxruntime", target_fps=1e6)
    (pose,) = estimator.predict_all(dot_image(150, 110, radius=15), camera=(400, 400, 160, 120))
    assert pose.cut == 2 and pose.joints3d_camera is not None and estimator.out_of_reach


def test_whole_numbers_may_be_numpys(dot_bundle, dot_image):
    options = {"cut": np.int64(4), "input_size": np.int32(128), "threads": np.int64(1), "workers": np.uint8(1)}
    with Estimator(dot_bundle, backend="onnxruntime", **options) as estimator:
        assert len(estimator.predict_all(dot_image(150, 110, radius=15), np.int64(1))) == 1
        with pytest.raises(ImageError, match="camera 77 does not open"):
            list(estimator.stream(np.int64(77)))


@pytest.mark.parametrize("max_people", [0, -1, 1.5, True, "2"])
def test_max_people_must_be_a_whole_number(dot_bundle, dot_image, max_people):
    with pytest.raises(OptionError, match="max_people"):
        Estimator(dot_bundle, backend="onnxruntime").predict_all(dot_image(150, 110), max_people)


def test_poses_stay_as_they_are_when_the_next_frame_comes(dot_bundle, dot_image, backend):
    estimator = Estimator(dot_bundle, backend=backend)
    first = estimator.predict(dot_image(150, 110), BOX)
    kept = first.keypoints.copy()
    estimator.predict(dot_image(120, 90), BOX)
    assert np.array_equal(first.keypoints, kept)


def test_engines_agree(dot_bundle, dot_image):
    poses = [Estimator(dot_bundle, backend=name).predict(dot_image(150, 110), BOX) for name in ("onnxruntime", "openvino")]
    assert np.allclose(poses[0].keypoints, poses[1].keypoints, atol=1e-2)


def test_an_impossible_deadline_still_gets_the_first_stage_and_a_long_one_the_last(dot_bundle, dot_image, backend):
    estimator = Estimator(dot_bundle, backend=backend, input_size=128)
    assert estimator.predict(dot_image(150, 110), BOX, deadline_ms=1e-3).cut == 2
    assert estimator.predict(dot_image(150, 110), BOX, deadline_ms=10_000).cut == 8
    assert Estimator(dot_bundle, backend=backend, deadline_ms=1e-3).predict(dot_image(150, 110), BOX).cut == 2


def test_frames_without_a_deadline_tell_nothing_about_those_with_one(dot_bundle, dot_image, measured):
    with Estimator(dot_bundle, backend="onnxruntime", input_size=128, threads=1) as estimator:
        estimator.predict(dot_image(150, 110), BOX, deadline_ms=1e-3)
        measured(estimator).predict(dot_image(150, 110), BOX, deadline_ms=1e-3)
        load = estimator._plan._controller.load
        for _ in range(6):
            assert estimator.predict(dot_image(150, 110), BOX).cut == 8
        assert estimator._plan._controller.load == load and not estimator.out_of_reach


def test_a_frame_that_would_be_late_for_its_rate_ends_at_a_shallower_cut_but_for_one_asked_for(dot_bundle, dot_image, measured):
    for cut, reached in ((None, 2), (8, 8)):
        with measured(
            Estimator(dot_bundle, target_fps=10, cut=cut, input_size=128, backend="onnxruntime", threads=1)
        ) as estimator:
            estimator.predict(dot_image(150, 110), BOX)
            (engine,) = estimator._pool._all
            first = engine.chain("fp32", 128)._sessions[0]
            first.run = lambda inputs, run=first.run: time.sleep(0.12) or run(inputs)
            assert estimator.predict(dot_image(150, 110), BOX).cut == reached


def test_a_deadline_without_time_to_search_looks_where_the_person_was(dot_bundle, dot_image, backend, caplog):
    estimator = Estimator(dot_bundle, backend=backend, input_size=128)
    estimator.predict(dot_image(150, 110, radius=12), deadline_ms=10_000)
    begin = time.perf_counter()
    with caplog.at_level(logging.WARNING, "sspnet_sdk"):
        poses = [estimator.predict(dot_image(150 + 4 * k, 110, radius=12), deadline_ms=1e-3) for k in range(3)]
    assert time.perf_counter() - begin < 1.0  # nobody is remembered for longer
    for k, pose in enumerate(poses):
        assert np.allclose(pose.keypoints[0], (150 + 4 * k, 110), atol=1) and not pose.unsure and pose.box[2] < 300
    assert "leaves no time" not in caplog.text


def test_a_deadline_without_time_to_search_and_nobody_seen_before_is_said_once(dot_bundle, dot_image, caplog):
    estimator = Estimator(dot_bundle, backend="onnxruntime", deadline_ms=1e-3)
    with caplog.at_level(logging.WARNING, "sspnet_sdk"):
        for _ in range(3):
            assert estimator.predict(np.zeros((240, 320, 3), np.uint8)).unsure
        estimator.predict(dot_image(150, 110), BOX)
    assert caplog.text.count("leaves no time to find people") == 1 and "box=" in caplog.text


def test_a_rate_that_is_easily_reached_gets_the_best_there_is(dot_bundle, dot_image, backend):
    estimator = Estimator(dot_bundle, target_fps=1, backend=backend)
    pose = estimator.predict(dot_image(150, 110), BOX)
    assert (pose.cut, pose.input_size) == (8, 128) and not estimator.out_of_reach


def test_a_rate_out_of_reach_gets_the_fastest_point_and_is_said_once(dot_bundle, dot_image, backend, caplog):
    with caplog.at_level(logging.WARNING, "sspnet_sdk"):
        estimator = Estimator(dot_bundle, target_fps=1e6, backend=backend)
        for _ in range(30):
            pose = estimator.predict(dot_image(150, 110), BOX)
    assert pose.cut == 2 and estimator.out_of_reach
    assert [record.message for record in caplog.records if "out of reach" in record.message][1:] == []
    assert "target_fps=1e+06 is out of reach" in caplog.text


@pytest.mark.parametrize(
    "options",
    [
        {"target_fps": -5},
        {"target_fps": 0},
        {"target_fps": float("nan")},
        {"target_fps": float("inf")},
        {"target_fps": "fast"},
        {"target_fps": True},
        {"deadline_ms": -1},
        {"deadline_ms": [8]},
        {"target_fps": 30, "deadline_ms": 10},
        {"percentile": 100},
        {"percentile": 0},
        {"percentile": 5e-324},
        {"cut": 3},
        {"cut": "2"},
        {"cut": [2]},
        {"input_size": 100},
        {"input_size": 256},
        {"input_size": -64},
        {"input_size": True},
        {"precision": "int8"},
        {"precision": None},
        {"backend": "tensorflow"},
        {"backend": None},
        {"backend": ["openvino"]},
        {"threads": 0},
        {"threads": 2.5},
        {"threads": "two"},
        {"color": "hsv"},
        {"color": None},
        *({name: np.array([2, 4])} for name in vars(Options())),
        {"color": np.array(["bgr", "rgb"])},
        {"cut": np.array([2])},
        {"cut": 2 + 0j},
        {"target_fps": np.complex64(30)},
        {"target_fps": 10**400},
    ],
    ids="{!s:.40}".format,
)
def test_an_option_that_means_nothing_gives_one_line_that_names_it(dot_bundle, options):
    with pytest.raises(OptionError) as caught:
        Estimator(dot_bundle, **options)
    assert next(iter(options)) in str(caught.value) and "\n" not in str(caught.value) and len(str(caught.value)) < 250
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("boxes", [5, "boxes", [(1, 2)], [None], None])
def test_boxes_that_are_none_are_refused(dot_bundle, dot_image, boxes):
    with pytest.raises(OptionError):
        Estimator(dot_bundle, backend="onnxruntime").predict_many(dot_image(150, 110), boxes)


def test_a_bad_call_leaves_the_estimator_usable(dot_bundle, dot_image):
    estimator = Estimator(dot_bundle, backend="onnxruntime")
    for image, box, deadline in ((None, BOX, None), (dot_image(1, 1), "x", None), (dot_image(1, 1), BOX, -1)):
        with pytest.raises(sspnet_sdk.SSPNetError):
            estimator.predict(image, box, deadline_ms=deadline)
    assert not estimator.predict(dot_image(150, 110), BOX).unsure


def test_latency_is_the_time_of_the_whole_call(dot_bundle, dot_image):
    estimator = Estimator(dot_bundle, backend="onnxruntime")
    image = dot_image(150, 110)
    begin = time.perf_counter()
    pose = estimator.predict(image)
    assert 0 < pose.latency_ms <= (time.perf_counter() - begin) * 1000
