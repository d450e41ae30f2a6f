"""A bundle whose network takes the pose of the frame before, in the runtime."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_networks import IN_VIDEO, exported

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.errors import OptionError
from sspnet_sdk.tracking import Tracker

BOX = (30.0, 20.0, 100.0, 120.0)
BODY = np.random.default_rng(1).uniform((50, 30), (110, 130), (17, 2)).astype(np.float32)
FRAME = np.random.default_rng(0).integers(0, 256, (160, 200, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return exported(IN_VIDEO, tmp_path_factory.mktemp("in-video"), (1, 2), 64, {}).folder


def test_only_the_first_stage_takes_the_pose_of_the_frame_before(bundle):
    first, second = open_bundle(bundle).stages["fp32", 64]
    assert first.cut == 1 and first.inputs == ("image", "previous") and "previous" not in second.inputs


def moved(pose, other):
    return float(np.abs(pose.keypoints - other.keypoints).max())


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_the_pose_before_counts_where_it_is_known(bundle, backend):
    with Estimator(bundle, backend=backend) as estimator:
        (alone,) = estimator.predict_many(FRAME, [BOX])
        before = replace(alone, keypoints=alone.keypoints + 20, unsure=False)
        (after,) = estimator.predict_many(FRAME, [BOX], previous=[before])
        assert moved(after, alone) > 0.5
        for unknown in (None, replace(before, unsure=True), replace(before, confidence=np.zeros(17, np.float32))):
            (same,) = estimator.predict_many(FRAME, [BOX], previous=[unknown])
            assert moved(same, alone) == 0.0


def test_everybody_has_their_own(bundle):
    with Estimator(bundle) as estimator:
        boxes = [BOX, (80.0, 10.0, 90.0, 140.0)]
        alone = estimator.predict_many(FRAME, boxes)
        before = replace(alone[1], keypoints=alone[1].keypoints + 20, unsure=False)
        together = estimator.predict_many(FRAME, boxes, previous=[None, before])
        assert moved(together[0], alone[0]) < 0.01 and moved(together[1], alone[1]) > 0.5


def test_what_does_not_belong_to_the_boxes_is_refused(bundle):
    with Estimator(bundle) as estimator:
        with pytest.raises(OptionError, match="there are 0 for 1 boxes"):
            estimator.predict_many(FRAME, [BOX], previous=[])
        with pytest.raises(OptionError, match="poses of 17 joints"):
            estimator.predict_many(FRAME, [BOX], previous=["somebody"])


def test_a_tracker_passes_the_pose_of_the_frame_before_and_none_that_is_old(bundle):
    with Estimator(bundle) as estimator:
        passed = []
        ask = estimator.predict_many

        def listening(img, boxes, **options):
            passed.append(options["previous"])
            found = ask(img, boxes, **options)
            return [replace(pose, keypoints=BODY, confidence=np.ones(17, np.float32), unsure=False) for pose in found]

        estimator.predict_many, estimator.find = listening, lambda img: [np.array(BOX, np.float32)]
        tracker = Tracker(estimator, people=1, boxes=[BOX])
        for time_s in (0.0, 0.04, 2.0):
            tracker.observe(FRAME, time_s)
        assert passed[0] == [None] and passed[1][0] is not None and passed[2] == [None]
