"""COCO results go through pycocotools' own evaluation; OpenPose JSON has BODY_25's layout."""

import contextlib
import io
import json

import numpy as np
import pytest
from made_people import make_frame, make_pose, write_all

from sspnet_sdk import JOINT_NAMES, OptionError
from sspnet_sdk.formats import open_writer
from sspnet_sdk.frame import Person

COCO_NAMES = (
    *("nose", "l-eye", "r-eye", "l-ear", "r-ear", "l-shoulder", "r-shoulder", "l-elbow", "r-elbow"),
    *("l-wrist", "r-wrist", "l-hip", "r-hip", "l-knee", "r-knee", "l-ankle", "r-ankle"),
)


def _ground_truth(frames):
    annotations = []
    for frame in frames:
        for person in frame.people:
            keypoints = np.zeros((17, 3))
            for row, name in enumerate(COCO_NAMES):
                if name in person.pose.names:
                    keypoints[row, :2] = person.pose.keypoints[JOINT_NAMES.index(name)] - 0.5
                    keypoints[row, 2] = 2
            box = person.pose.box.astype(float).tolist()
            annotations.append(
                {
                    **{"id": len(annotations) + 1, "image_id": frame.index, "category_id": 1, "iscrowd": 0, "bbox": box},
                    **{"area": box[2] * box[3] / 2, "keypoints": keypoints.ravel().tolist(), "num_keypoints": 12},
                }
            )
    images = [{"id": frame.index, "width": 640, "height": 480} for frame in frames]
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]}


def test_pycocotools_finds_every_joint_where_it_was(tmp_path):
    coco = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    frames = [make_frame(i, Person(1, make_pose(i / 5)), Person(2, make_pose(i / 5, 3, (500, 200)))) for i in range(5)]
    write_all(open_writer("coco", tmp_path / "results.json"), frames)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO()
        truth.dataset = _ground_truth(frames)
        truth.createIndex()
        run = evaluation.COCOeval(truth, truth.loadRes(str(tmp_path / "results.json")), "keypoints")
        run.evaluate()
        run.accumulate()
        run.summarize()
    assert run.stats[0] == pytest.approx(1.0)


def test_coco_says_zero_for_joints_we_do_not_have_and_takes_ids_from_names(tmp_path):
    frame = make_frame(3, Person(1, make_pose()), fps=None, source="photos/000000234748.jpg")
    write_all(open_writer("coco", tmp_path / "a.json"), [frame])
    (result,) = json.loads((tmp_path / "a.json").read_text())
    assert result["image_id"] == 234748
    assert result["keypoints"][:15] == [0.0] * 15
    assert result["keypoints"][17] == pytest.approx(0.9)


def test_coco_of_nobody_is_an_empty_list(tmp_path):
    write_all(open_writer("coco", tmp_path / "a.json"), [make_frame(0)])
    assert json.loads((tmp_path / "a.json").read_text()) == []


def test_openpose_places_joints_as_body_25_does(tmp_path):
    pose = make_pose(0.3)
    write_all(open_writer("openpose", tmp_path / "json"), [make_frame(12, Person(5, pose))])
    (path,) = (tmp_path / "json").iterdir()
    assert path.name == "walk_000000000012_keypoints.json"
    (person,) = json.loads(path.read_text())["people"]
    rows = np.array(person["pose_keypoints_2d"]).reshape(25, 3)
    body_25 = {1: "thorax", 4: "r-wrist", 7: "l-wrist", 8: "pelvis", 9: "r-hip", 11: "r-ankle", 14: "l-ankle"}
    for row, name in body_25.items():
        np.testing.assert_allclose(rows[row, :2], pose.keypoints[JOINT_NAMES.index(name)] - 0.5, atol=1e-3)
    assert (rows[[0, *range(15, 25)]] == 0).all()
    assert person["person_id"] == [5]


def test_openpose_names_pictures_without_a_number(tmp_path):
    write_all(open_writer("openpose", tmp_path), [make_frame(0, fps=None, source="in/a photo.jpg")])
    assert (tmp_path / "a photo_keypoints.json").exists()


def test_openpose_refuses_a_file_in_the_folders_place(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(OptionError, match="needs a folder"):
        open_writer("openpose", tmp_path / "a")
