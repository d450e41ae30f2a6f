"""The bundle in the package, on the photographs in examples/."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import DEFAULT_BUNDLE, open_bundle
from sspnet_sdk.finding.person_box import iou

PHOTOS = Path(__file__).parents[2] / "examples" / "photos"
COCO_OF_JOINT = {11: 5, 14: 6, 12: 7, 15: 8, 13: 9, 16: 10, 4: 11, 1: 12, 5: 13, 2: 14, 6: 15, 3: 16}


@pytest.fixture(scope="module")
def estimator():
    return Estimator(backend="onnxruntime")


def subject(name):
    """The one whom the photograph shows: box (x, y, w, h) and COCO keypoints (17, 3)."""
    person = next(p for p in json.loads((PHOTOS / "people.json").read_text()) if p["file"] == name)
    return np.array(person["box"], np.float32), np.array(person["keypoints_coco"], np.float32)


def share_of_joints_right(pose, keypoints, box):
    seen = [joint for joint, coco in COCO_OF_JOINT.items() if keypoints[coco, 2] > 0]
    truth = keypoints[[COCO_OF_JOINT[joint] for joint in seen], :2]
    return float((np.linalg.norm(pose.keypoints[seen] - truth, axis=1) < 0.1 * max(box[2:])).mean())


ALONE = ["000000234748.jpg", "000000129648.jpg", "000000174375.jpg"]


@pytest.mark.parametrize("name", ALONE)
def test_the_skeleton_is_on_the_person_with_and_without_a_box(estimator, name):
    box, keypoints = subject(name)
    assert share_of_joints_right(estimator.predict(PHOTOS / name, box), keypoints, box) >= 0.6
    pose = estimator.predict(PHOTOS / name)
    assert iou(pose.box, box) >= 0.5 and not pose.unsure
    assert share_of_joints_right(pose, keypoints, box) >= 0.6


def test_someone_far_away_is_found(estimator):
    """A sixth of the picture high."""
    box, _ = subject(ALONE[0])
    photograph = cv2.imread(str(PHOTOS / ALONE[0]))
    scale = 240 / max(photograph.shape)
    small = cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    picture = np.full((960, 960, 3), 128, np.uint8)
    picture[500 : 500 + small.shape[0], 600 : 600 + small.shape[1]] = small
    pose = estimator.predict(picture)
    assert iou(pose.box, box * scale + np.array([600, 500, 0, 0], np.float32)) >= 0.5 and not pose.unsure


@pytest.mark.parametrize("name", ALONE)
def test_joints3d_are_of_a_persons_size(estimator, name):
    pose = estimator.predict(PHOTOS / name, subject(name)[0])
    thighs_and_shins = [np.linalg.norm(pose.joints3d[a] - pose.joints3d[b]) for a, b in ((1, 2), (2, 3), (4, 5), (5, 6))]
    assert 200 < np.mean(thighs_and_shins) < 650


def test_a_picture_of_nothing_is_unsure(estimator):
    nothing = np.full((480, 640, 3), 90, np.uint8)
    assert estimator.predict(nothing).unsure and estimator.find(nothing) == []


def test_every_size_and_cut_agrees_about_an_easy_person():
    box, _ = subject(ALONE[0])
    image = cv2.imread(str(PHOTOS / ALONE[0]))
    best = Estimator(backend="onnxruntime").predict(image, box)
    for size in (192, 256):
        for cut in open_bundle().cuts:
            pose = Estimator(backend="onnxruntime", cut=cut, input_size=size).predict(image, box)
            assert np.median(np.linalg.norm(pose.keypoints - best.keypoints, axis=1)) < 0.05 * max(box[2:])


def test_the_bundle_is_small_enough_to_come_with_the_package():
    files = [path for path in DEFAULT_BUNDLE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 45e6
    assert open_bundle().finder is not None


def test_predict_all_gives_the_people_of_a_picture_and_nobody_else(estimator):
    labelled = [person for person in json.loads((PHOTOS / "people.json").read_text()) if person["file"] == "000000000790.jpg"]
    boxes = [np.array(person["box"], np.float32) for person in labelled]
    poses = estimator.predict_all(PHOTOS / "000000000790.jpg")
    assert len(poses) >= 2 and all(max(iou(pose.box, box) for box in boxes) > 0.3 for pose in poses)
    assert sum(max(iou(pose.box, box) for pose in poses) >= 0.5 for box in boxes) >= 2
    assert len(estimator.predict_all(PHOTOS / "000000000790.jpg", max_people=1)) == 1
    assert estimator.predict_all(np.full((480, 640, 3), 90, np.uint8)) == []


def test_a_number_changed_in_the_manifest_changes_what_is_believed(doubting_bundle):
    (person, *_) = json.loads((PHOTOS / "people.json").read_text())
    image = cv2.imread(str(PHOTOS / person["file"]))
    poses = [Estimator(bundle, backend="onnxruntime", threads=1, input_size=128, cut=2) for bundle in (None, doubting_bundle)]
    assert [estimator.predict(image, person["box"]).unsure for estimator in poses] == [False, True]
