"""The pose of the frame before, as the network takes it."""

from dataclasses import replace

import numpy as np
import pytest

from sspnet_sdk import Estimator, OptionError
from sspnet_sdk.geometry.crop import Crop
from sspnet_sdk.people.previous import on_crops
from sspnet_sdk.pose import Pose

CROP = Crop.around(np.array([100, 100, 200, 200], np.float32), 1.0)


def _pose():
    keypoints = np.full((17, 2), 200, np.float32)
    return Pose(keypoints, np.zeros((17, 3), np.float32), np.full(17, 0.8, np.float32), np.zeros(4, np.float32), 2, 256, 0.0)


def test_a_pose_is_given_in_the_coordinates_of_the_new_crop():
    (row,) = on_crops([_pose()], [CROP], 17, 2000.0)
    np.testing.assert_allclose(row, np.tile([0.5, 0.5, 0.5, 0.8], (17, 1)), atol=1e-6)


def test_nothing_is_known_of_nobody_of_a_guess_and_of_a_joint_that_ran_away():
    pose = _pose()
    pose.keypoints[3] = 330, 200  # outside, but near
    pose.keypoints[5] = 200, 20000
    rows = on_crops([None, replace(pose, unsure=True), pose], [CROP] * 3, 17, 2000.0)
    assert not rows[:2].any() and not rows[2, 5].any()
    assert (np.delete(rows[2], 5, axis=0)[:, 3] > 0).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("keypoints", np.full((17, 2), np.nan)),
        ("joints3d", np.full((17, 3), 1e30)),
        ("joints3d", None),
        ("confidence", np.full(17, np.nan)),
        ("confidence", np.full(17, 2.0)),
        ("confidence", np.full(5, 0.5)),
    ],
)
def test_a_pose_of_the_frame_before_that_nobody_gave_is_refused(video_dot_bundle, dot_image, name, value):
    estimator, image, box = Estimator(video_dot_bundle, backend="onnxruntime"), dot_image(150, 110), (60, 40, 200, 160)
    (pose,) = estimator.predict_many(image, [box], previous=[estimator.predict(image, box)])
    with pytest.raises(OptionError, match=r"previous must hold poses of 17 joints, finite and with confidences in 0\.\.1"):
        estimator.predict_many(image, [box], previous=[replace(pose, **{name: value})])
