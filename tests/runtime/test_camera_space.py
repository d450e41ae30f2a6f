"""Where people are in the camera's space: what is projected back lands on the keypoints; bad intrinsics are told apart."""

import numpy as np
import pytest

from sspnet_sdk import BackendError, Estimator, OptionError
from sspnet_sdk.geometry.camera import check_camera
from sspnet_sdk.smoothing import PoseSmoother
from sspnet_sdk.tracking import Tracker

K = np.array([[400.0, 0, 150], [0, 410.0, 125], [0, 0, 1]])
BOXES = [(60, 40, 60, 160), (50, 60, 100, 120), (80, 70, 40, 80)]


def projected(pose):
    points = pose.joints3d_camera @ pose.camera.T
    return points[:, :2] / points[:, 2:]


@pytest.fixture
def estimator(depth_dot_bundle, backend):
    return Estimator(depth_dot_bundle, backend=backend, input_size=128)


def test_camera_space_projects_back_onto_the_keypoints(estimator, dot_image):
    pose = estimator.predict(dot_image(100, 110), BOXES[0], camera=K)
    assert pose.joints3d_camera.shape == (17, 3) and pose.joints3d_camera.dtype == np.float32
    np.testing.assert_allclose(projected(pose), pose.keypoints, atol=0.01)
    np.testing.assert_allclose(pose.joints3d_camera[:, 2] - pose.joints3d_camera[0, 2], pose.joints3d[:, 2], atol=0.1)
    np.testing.assert_array_equal(pose.camera, K)


def test_distance_is_focal_length_times_size_over_pixels(estimator, dot_image):
    image = dot_image(100, 110, radius=9.0)
    z = [estimator.predict(image, BOXES[0], camera=(f, f, 150, 125)).joints3d_camera[0, 2] for f in (400, 800)]
    assert z[0] == pytest.approx(400 * 1700 / 160, rel=1e-3) and z[1] == pytest.approx(2 * z[0], rel=1e-5)


def test_people_with_face_and_feet_are_followed_and_smoothed(dot_bundle_28, dot_image):
    tracker, smoother = Tracker(Estimator(dot_bundle_28, input_size=128), camera=K), PoseSmoother(0.5)
    for frame in range(4):
        people = tracker.update(dot_image(100 + 2 * frame, 110, radius=9.0), frame / 30)
        poses = [smoother(person.pose, frame / 30) for person in people]
    (person,), (pose,) = people, poses
    assert person.id == 1 and not pose.unsure
    assert (pose.keypoints.shape, pose.joints3d.shape, pose.joints3d_camera.shape) == ((28, 2), (28, 3), (28, 3))
    np.testing.assert_allclose(projected(pose), pose.keypoints, atol=0.01)


def test_a_larger_picture_with_its_own_intrinsics_gives_the_same_place(estimator, dot_image):
    small = estimator.predict(dot_image(100, 110, radius=9.0), BOXES[0], camera=(400, 400, 150, 125))
    large_image = dot_image(200, 220, 640, 480, radius=18.0)
    large = estimator.predict(large_image, np.array(BOXES[0]) * 2, camera=(800, 800, 300, 250))
    np.testing.assert_allclose(large.joints3d_camera, small.joints3d_camera, atol=15)


def test_each_of_several_people_has_a_place_and_poses_stay_what_they_are(estimator, dot_image):
    image = dot_image(100, 110, radius=40)
    together = estimator.predict_many(image, BOXES, camera=K)
    for pose, box in zip(together, BOXES, strict=True):
        alone, plain = estimator.predict(image, box, camera=K), estimator.predict(image, box)
        np.testing.assert_allclose(pose.joints3d_camera, alone.joints3d_camera, rtol=1e-4)
        np.testing.assert_allclose(projected(pose), pose.keypoints, atol=0.01)
        np.testing.assert_array_equal(plain.joints3d, alone.joints3d)
        assert plain.joints3d_camera is None and plain.camera is None
    assert len({float(pose.joints3d_camera[0, 2]) for pose in together}) == 3


def test_a_matrix_and_four_numbers_mean_the_same(estimator, dot_image):
    image = dot_image(100, 110)
    places = [
        estimator.predict(image, BOXES[0], camera=camera).joints3d_camera for camera in (K, [400, 410, 150, 125], K.tolist())
    ]
    np.testing.assert_array_equal(places[0], places[1])
    np.testing.assert_array_equal(places[0], places[2])


def test_followed_and_smoothed_people_keep_their_place(estimator, dot_image):
    tracker, smoother = Tracker(estimator, boxes=[BOXES[0]], camera=K), PoseSmoother(0.5)
    for step in range(5):
        (person,) = tracker.update(dot_image(100 + step, 110), step / 25)
        smoothed = smoother(person.pose, step / 25)
    assert person.pose.joints3d_camera is not None
    np.testing.assert_allclose(projected(smoothed), smoothed.keypoints, atol=0.01)


def test_smoothing_takes_jitter_out_of_the_distance(estimator, dot_image):
    smoother, rng, raw, smooth = PoseSmoother(0.5), np.random.default_rng(0), [], []
    image = dot_image(100, 110, radius=9.0)
    for step in range(60):
        height = 160 * np.exp(rng.normal(0, 0.03))
        pose = estimator.predict(image, (60, 120 - height / 2, 60, height), camera=K)
        raw.append(pose.joints3d_camera[0, 2])
        smooth.append(smoother(pose, step / 30).joints3d_camera[0, 2])
    assert np.std(np.diff(smooth[10:])) < 0.5 * np.std(np.diff(raw[10:]))


def test_a_bundle_without_distances_says_so(dot_bundle, dot_image):
    with pytest.raises(OptionError, match=r"cannot tell how far away people are.*--root-depth"):
        Estimator(dot_bundle, backend="onnxruntime").predict(dot_image(50, 50), camera=K)


@pytest.mark.parametrize(
    ("camera", "words"),
    [
        ("400", "3x3 matrix of intrinsics or"),
        ([400, 400, 160], r"not an array of shape \(3,\)"),
        (np.eye(4), r"not an array of shape \(4, 4\)"),
        ([[400, 0, 160], [0, 400], [0, 0, 1]], "3x3 matrix"),
        (K.T, "no skew"),
        (np.diag([400.0, 400, 2]), r"\[0, 0, 1\]"),
        ([-400, 400, 160, 120], "focal lengths must be positive"),
        ([400, 0, 160, 120], "focal lengths must be positive"),
        ([400, 400, np.nan, 120], "finite"),
        ([1.2, 1.2, 0.5, 0.5], "1.2 is too small for an image of 320x240"),
        ([400, 1e-300, 160, 120], "1e-300 is too small for an image of 320x240"),
        ([1e300, 1e300, 160, 120], r"at most 1e\+06, not \[1e\+300"),
        ([400, 400, -1e300, 120], r"at most 1e\+06"),
        ([400, 400, 160, 1e5], r"centre of 160, 100000 is too far outside an image of 320x240"),
    ],
)
def test_malformed_intrinsics_are_refused_in_one_line(depth_dot_bundle, dot_image, camera, words):
    estimator = Estimator(depth_dot_bundle, backend="onnxruntime", input_size=64)
    with pytest.raises(OptionError, match=words) as error:
        estimator.predict(dot_image(50, 50), BOXES[0], camera=camera)
    assert "\n" not in str(error.value)


def test_a_distance_that_is_none_is_an_error_not_a_pose(depth_dot_bundle, dot_image):
    estimator = Estimator(depth_dot_bundle, backend="onnxruntime", input_size=64)
    with pytest.raises(BackendError, match=r"root_depth\.onnx gave values that are not finite"):  # of nobody, infinite
        estimator.predict(dot_image(50, 50), (200, 100, 60, 60), camera=K)


def test_nothing_lies_behind_the_camera():
    camera = check_camera(K)
    assert camera.unproject(np.zeros((2, 2)), np.array([-500.0, 800.0]))[:, 2].tolist() == [10.0, 800.0]


def test_a_box_is_told_by_its_angles_and_its_shape():
    x, y, w, h = 100.0, 50.0, 80.0, 160.0
    (features,) = check_camera((1000, 500, 320, 200)).box_features([np.array([x, y, w, h])])
    expected = [np.log(750 / 160), 160 / 750, 0.5, 1.0, (140 - 320) / 1000, (130 - 200) / 500]
    np.testing.assert_allclose(features, expected, rtol=1e-6)


def test_a_box_far_outside_the_picture_has_a_distance_too():
    camera = check_camera((300, 300, 320, 240))
    wide = np.array([-9e6, -9e6, 9.1e6, 9.1e6])
    ((distance, *angles),) = camera.box_features([wide])
    assert distance == pytest.approx(np.log(300 / 9.1e6))
    assert angles == [10, 1, 1, -10, -10]
