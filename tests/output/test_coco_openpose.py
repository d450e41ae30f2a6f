"""COCO results go through pycocotools' own evaluation; in OpenPose JSON each keypoint is the joint that its layout names."""

import contextlib
import dataclasses
import io
import json

import numpy as np
import pytest
from made_people import make_frame, make_pose, write_all

from sspnet_sdk import JOINT_NAMES, OptionError
from sspnet_sdk.formats import open_writer
from sspnet_sdk.frame import Person
from sspnet_sdk.poses.layouts import HALPE_26 as HALPE

COCO_NAMES = (
    *("nose", "l-eye", "r-eye", "l-ear", "r-ear", "l-shoulder", "r-shoulder", "l-elbow", "r-elbow"),
    *("l-wrist", "r-wrist", "l-hip", "r-hip", "l-knee", "r-knee", "l-ankle", "r-ankle"),
)


def _ground_truth(frames):  # of the keypoints that the poses have
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
                    **{
                        "area": box[2] * box[3] / 2,
                        "keypoints": keypoints.ravel().tolist(),
                        "num_keypoints": int((keypoints[:, 2] > 0).sum()),
                    },
                }
            )
    images = [{"id": frame.index, "width": 640, "height": 480} for frame in frames]
    return {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "person"}]}


@pytest.mark.parametrize("count", [17, 28])
def test_pycocotools_finds_every_joint_where_it_was(count, tmp_path):
    coco = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    frames = []
    for i in range(5):
        frames.append(
            make_frame(i, Person(1, make_pose(i / 5, count=count)), Person(2, make_pose(i / 5, 3, (500, 200), count=count)))
        )
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
    assert person["person_id"] == [5] and "unsure" not in person


BODY_25 = (
    *("nose", "thorax", "r-shoulder", "r-elbow", "r-wrist", "l-shoulder", "l-elbow", "l-wrist", "pelvis", "r-hip", "r-knee"),
    *("r-ankle", "l-hip", "l-knee", "l-ankle", "r-eye", "l-eye", "r-ear", "l-ear", "l-big-toe", "l-small-toe", "l-heel"),
    *("r-big-toe", "r-small-toe", "r-heel"),
)
HALPE_26 = {
    **{0: "nose", 1: "l-eye", 4: "r-ear", 5: "l-shoulder", 10: "r-wrist", 11: "l-hip", 16: "r-ankle", 18: "neck", 19: "pelvis"},
    **{20: "l-big-toe", 21: "r-big-toe", 22: "l-small-toe", 23: "r-small-toe", 24: "l-heel", 25: "r-heel"},
}


@pytest.mark.parametrize(
    ("layout", "names"),
    [(None, dict(enumerate(BODY_25))), ("coco_17", dict(enumerate(COCO_NAMES))), ("halpe_26", HALPE_26)],
)
def test_with_face_and_feet_every_keypoint_is_there(layout, names, tmp_path):
    pose = make_pose(0.3, count=28)
    write_all(open_writer("openpose", tmp_path, layout=layout), [make_frame(0, Person(1, pose))])
    (path,) = tmp_path.iterdir()
    (person,) = json.loads(path.read_text())["people"]
    rows = np.array(person["pose_keypoints_2d"]).reshape(-1, 3)
    assert len(rows) == int(layout[-2:] if layout else 25) and (rows[:, 2] > 0).all()
    for row, name in names.items():
        np.testing.assert_allclose(rows[row, :2], pose.keypoints[JOINT_NAMES.index(name)] - 0.5, atol=1e-3, err_msg=name)


def test_halpes_head_is_above_the_ears_in_line_with_the_neck(tmp_path):
    pose = make_pose()
    thorax, head, top = pose.keypoints[8] - 0.5, pose.keypoints[10] - 0.5, HALPE.rows(pose)[17, :2]
    assert HALPE.rows(pose)[17, 2] == pytest.approx(pose.confidence[10])
    along = (head - thorax) / np.linalg.norm(head - thorax)
    assert 0.6 < np.dot(top - head, along) / np.linalg.norm(head - thorax) < 0.9
    assert abs(np.cross([*(top - head), 0], [*along, 0])[2]) < 1e-4


@pytest.mark.parametrize("name", ["coco", "openpose"])
def test_who_is_not_sure_is_written_only_if_asked_for_and_marked(name, tmp_path):
    frame = make_frame(0, Person(1, make_pose()), Person(2, dataclasses.replace(make_pose(seed=1), unsure=True)))
    found = []
    for keep in (False, True):
        target = tmp_path / f"{name}-{keep}"
        write_all(open_writer(name, target, keep_unsure=keep), [frame])
        content = json.loads((next(target.iterdir()) if name == "openpose" else target).read_text())
        found.append(content["people"] if name == "openpose" else content)
    assert [len(people) for people in found] == [1, 2]
    assert [person.get("unsure", False) for person in found[1]] == [False, True]
    if name == "openpose":
        assert [person["person_id"] for person in found[1]] == [[1], [-1]]


def test_two_pictures_of_one_name_have_a_file_and_a_number_each(tmp_path):
    sources = ["a/1.jpg", "b/1.jpg", "b/1.png", "a/2.jpg"]
    frames = [make_frame(i, Person(1, make_pose(i)), fps=None, source=source) for i, source in enumerate(sources)]
    write_all(open_writer("openpose", tmp_path / "openpose"), frames)
    write_all(open_writer("coco", tmp_path / "coco.json"), frames)
    assert {path.name for path in (tmp_path / "openpose").iterdir()} == {
        *("1_keypoints.json", "1.2_keypoints.json", "1.3_keypoints.json", "2_keypoints.json")
    }
    results = json.loads((tmp_path / "coco.json").read_text())
    assert [result["file_name"] for result in results] == sources
    assert len({result["image_id"] for result in results}) == 4 and results[0]["image_id"] == 1


def test_frames_of_two_videos_have_numbers_of_their_own(tmp_path):
    frames = [make_frame(i, Person(1, make_pose(i)), source=video) for video in ("a.mp4", "b.mp4") for i in range(3)]
    write_all(open_writer("coco", tmp_path / "coco.json"), frames)
    write_all(open_writer("openpose", tmp_path / "openpose"), frames)
    assert [result["image_id"] for result in json.loads((tmp_path / "coco.json").read_text())] == list(range(6))
    assert len(list((tmp_path / "openpose").iterdir())) == 6


def test_an_unknown_layout_is_refused_with_the_choices(tmp_path):
    with pytest.raises(OptionError, match="coco_17, body_25, halpe_26"):
        open_writer("openpose", tmp_path, layout="body_135")


def test_openpose_names_pictures_without_a_number(tmp_path):
    write_all(open_writer("openpose", tmp_path), [make_frame(0, fps=None, source="in/a photo.jpg")])
    assert (tmp_path / "a photo_keypoints.json").exists()


def test_openpose_refuses_a_file_in_the_folders_place(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(OptionError, match="needs a folder"):
        open_writer("openpose", tmp_path / "a")
