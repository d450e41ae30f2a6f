"""`predict_batch`: one person in each of several images, with shared runs of the network."""

import threading

import numpy as np
import pytest

from sspnet_sdk import BackendError, Estimator, ImageError, OptionError, open_bundle
from sspnet_sdk.backends import load
from sspnet_sdk.frame_rate.rate import OperatingPoint
from sspnet_sdk.geometry.crop import Crop
from sspnet_sdk.images.image import open_image
from sspnet_sdk.inference.engine import Engine
from sspnet_sdk.inference.stages import StageChain

BOX = (60, 40, 200, 160)
PLACES = [(100 + 12 * k, 70 + 8 * k) for k in range(10)]


def test_each_image_gets_the_pose_that_it_gets_alone(dot_bundle, dot_image, backend):
    estimator = Estimator(dot_bundle, backend=backend)
    images = [dot_image(*place, 320 + 4 * index) for index, place in enumerate(PLACES)]
    for boxes in ([BOX] * 10, None, [BOX, None] * 5):
        poses = estimator.predict_batch(images, boxes)
        assert len(poses) == 10
        for index, (image, pose) in enumerate(zip(images, poses, strict=True)):
            alone = estimator.predict(image, None if boxes is None else boxes[index])
            assert np.allclose(pose.keypoints, alone.keypoints, atol=1e-2) and np.allclose(pose.box, alone.box, atol=1e-2)
    assert estimator.predict_batch([]) == []


@pytest.mark.parametrize(("size", "runs"), [(64, 1), (128, 2)])
def test_crops_run_together_while_they_are_small(dot_bundle, dot_image, monkeypatch, size, runs):
    monkeypatch.setattr("sspnet_sdk.inference.engine._CPU_BATCH_PIXELS", 8 * 128**2)
    estimator, batches = Estimator(dot_bundle, backend="onnxruntime", cut=2, input_size=size), []
    run = StageChain.run
    monkeypatch.setattr(StageChain, "run", lambda chain, crops, *rest: batches.append(len(crops)) or run(chain, crops, *rest))
    estimator.predict_batch([dot_image(*place) for place in PLACES], [BOX] * 10)
    assert len(batches) == runs and sum(batches) == 10


@pytest.fixture
def runs(monkeypatch):
    """How many crops each run of a chain of stages has taken, but for those in the background."""
    counts, run, here = [], StageChain.run, threading.current_thread()

    def counted(chain, crops, *rest):
        if threading.current_thread() is here:
            counts.append(len(crops))
        return run(chain, crops, *rest)

    monkeypatch.setattr(StageChain, "run", counted)
    return counts


@pytest.mark.parametrize(("size", "together"), [(64, [8, 2]), (128, [4, 4, 2])])
def test_openvino_runs_groups_together_once_they_are_common(dot_bundle, dot_image, monkeypatch, runs, size, together):
    monkeypatch.setattr("sspnet_sdk.inference.engine._FIXED_BATCH_PIXELS", 4 * 128**2)
    estimator = Estimator(dot_bundle, backend="openvino", input_size=size, precision="fp32")
    images = [dot_image(*place) for place in PLACES]
    alone = estimator.predict_batch(images, [BOX] * 10)
    assert runs == [1] * 10
    monkeypatch.setattr("sspnet_sdk.inference.together._COMMON", 20)
    for _ in range(10):
        estimator.predict_batch(images, [BOX] * 10)
        with estimator._engine() as engine:
            engine.wait()
    runs.clear()
    poses = estimator.predict_batch(images, [BOX] * 10)
    assert runs == together
    for pose, one in zip(poses, alone, strict=True):
        assert np.allclose(pose.keypoints, one.keypoints, atol=1e-2) and np.allclose(pose.joints3d, one.joints3d, atol=1)
    estimator.close()


def test_a_deeper_cut_than_before_runs_one_by_one_until_its_stages_are_open(dot_bundle, dot_image, monkeypatch, runs):
    monkeypatch.setattr("sspnet_sdk.inference.together._COMMON", 1)
    engine = Engine(open_bundle(dot_bundle), "openvino", "fp32", 1)
    image, cuts = open_image(dot_image(150, 110)), engine.bundle.cuts
    crops = [Crop.around(np.array(BOX, np.float32), 1.25)] * 2
    for cut in (cuts[0], cuts[-1]):
        point = OperatingPoint(cut, 64, "fp32", "openvino", 1.0, 1.0, 0.0)
        alone = engine.poses(image, crops[:1], point)
        runs.clear()
        engine.poses(image, crops, point)
        engine.wait()
        answers = engine.poses(image, crops, point)
        assert runs == [1, 1, 2] and answers.cuts == (cut, cut)
        assert np.allclose(answers.poses[1], alone.poses[0], atol=1e-4)
    engine.close()


def test_a_few_groups_are_not_worth_a_chain_of_their_own(dot_bundle, dot_image, runs):
    estimator = Estimator(dot_bundle, backend="openvino")
    for _ in range(20):
        estimator.predict_many(dot_image(150, 110), [BOX] * 4)
    with estimator._engine() as engine:
        engine.wait()
    runs.clear()
    estimator.predict_many(dot_image(150, 110), [BOX] * 4)
    assert runs == [1] * 4


def test_a_chain_for_groups_that_does_not_open_leaves_crops_alone(dot_bundle, dot_image, monkeypatch, runs, caplog):
    monkeypatch.setattr("sspnet_sdk.inference.together._COMMON", 1)
    estimator = Estimator(dot_bundle, backend="openvino", input_size=64)
    opened = type(load("openvino")).open

    def refusing(backend, path, threads, precision, dimensions=None):
        if dimensions:
            raise BackendError("no memory")
        return opened(backend, path, threads, precision, dimensions)

    monkeypatch.setattr(type(load("openvino")), "open", refusing)
    for _ in range(2):
        assert len(estimator.predict_many(dot_image(150, 110), [BOX] * 2)) == 2
        with estimator._engine() as engine:
            engine.wait()
    assert set(runs) == {1} and "one by one: no memory" in caplog.text


def test_a_deadline_is_shared_so_that_no_image_pays_for_the_others(dot_bundle, dot_image, backend, measured, monkeypatch):
    estimator = measured(Estimator(dot_bundle, backend=backend, deadline_ms=50, input_size=128))
    deadlines = []
    run = StageChain.run

    def timed(chain, crops, cut, deadline=None, *others):
        deadlines.append(deadline)
        return run(chain, crops, cut, deadline, *others)

    monkeypatch.setattr(StageChain, "run", timed)
    images = [dot_image(*place) for place in PLACES[:5]]
    estimator.predict_batch(images, [BOX] * 5)
    assert deadlines == sorted(deadlines) and (len(deadlines) == 1 or deadlines[0] < deadlines[-1])
    assert {pose.cut for pose in estimator.predict_batch(images, [BOX] * 5)} <= {2, 4, 8}


def test_a_camera_counts_for_every_image(depth_dot_bundle, dot_image):
    estimator = Estimator(depth_dot_bundle, backend="onnxruntime")
    poses = estimator.predict_batch([dot_image(150, 110)] * 3, [BOX] * 3, camera=(400, 400, 160, 120))
    alone = estimator.predict(dot_image(150, 110), BOX, camera=(400, 400, 160, 120))
    for pose in poses:
        assert np.allclose(pose.joints3d_camera, alone.joints3d_camera, rtol=1e-3, atol=1)


@pytest.mark.parametrize("images", ["photo.jpg", b"x", 5, None])
def test_what_is_no_list_of_images_is_refused(dot_bundle, images):
    with pytest.raises(OptionError, match="images must be"):
        Estimator(dot_bundle, backend="onnxruntime").predict_batch(images)


def test_one_image_is_no_list_of_them_but_a_stack_is(dot_bundle, dot_image):
    estimator, image = Estimator(dot_bundle, backend="onnxruntime"), dot_image(1, 1)
    with pytest.raises(OptionError, match="predict takes that"):
        estimator.predict_batch(image)
    assert len(estimator.predict_batch(np.stack([image, image]), [BOX, BOX])) == 2


def test_boxes_are_one_for_each_image_and_images_are_images(dot_bundle, dot_image):
    estimator = Estimator(dot_bundle, backend="onnxruntime")
    with pytest.raises(OptionError, match="1 for 2 images"):
        estimator.predict_batch([dot_image(1, 1)] * 2, [BOX])
    with pytest.raises(ImageError):
        estimator.predict_batch([dot_image(1, 1), None], [BOX, BOX])
