"""Pose: joints and angles by name, a known height, and what notebooks, pandas and supervision take."""

import dataclasses
import json
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_people import BONE_LENGTHS, make_frame, make_pose, turned

from sspnet_sdk import JOINT_NAMES, OptionError, Pose, SSPNetError
from sspnet_sdk.draw import draw
from sspnet_sdk.formats import frame_record
from sspnet_sdk.frame import Person
from sspnet_sdk.poses.angles import ANGLE_NAMES
from sspnet_sdk.poses.dataframe import to_dataframe
from sspnet_sdk.poses.supervision_keypoints import to_supervision

LEFT, DOWN, AHEAD = np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, -1.0])  # of somebody who faces the camera
UPRIGHT = {
    **{"r-hip": -LEFT, "l-hip": LEFT, "l-shoulder": LEFT, "r-shoulder": -LEFT},
    **dict.fromkeys(("spine", "thorax", "neck", "head"), -DOWN),
    **dict.fromkeys(("r-knee", "r-ankle", "l-knee", "l-ankle", "l-elbow", "l-wrist", "r-elbow", "r-wrist"), DOWN),
    **dict.fromkeys(("l-heel", "r-heel"), -AHEAD),
}


def posed(**bones: np.ndarray) -> Pose:
    """Somebody upright, arms and legs down, but for the `bones` that end in the joints named here."""
    directions = UPRIGHT | {name.replace("_", "-"): direction for name, direction in bones.items()}
    pose = make_pose(count=28)
    joints = np.zeros((28, 3))
    for joint, (name, parent) in enumerate(zip(pose.names, pose.parents, strict=True)):
        if parent >= 0:
            direction = np.asarray(directions.get(name, AHEAD), float)
            joints[joint] = joints[parent] + BONE_LENGTHS[joint] * direction / np.linalg.norm(direction)
    return dataclasses.replace(pose, joints3d=joints.astype(np.float32))


def between(start, end, degrees):
    """The direction `degrees` away from `start`, towards `end`, which is square to it."""
    return np.cos(np.radians(degrees)) * start + np.sin(np.radians(degrees)) * end


@pytest.mark.parametrize("name", ["left_knee", "l_knee", "l-knee", "Left Knee", "LEFT_KNEE", " l knee "])
def test_a_joint_is_found_by_the_names_that_people_give_it(name):
    pose = make_pose(0.4)
    knee = pose[name]
    assert knee.name == "l-knee" and name in pose
    np.testing.assert_array_equal(knee.keypoint, pose.keypoints[5])
    np.testing.assert_array_equal(knee.joint3d, pose.joints3d[5])
    assert knee.confidence == pytest.approx(0.9) and knee.joint3d_camera is None


def test_every_joint_has_its_name():
    pose = make_pose(count=28)
    for index, name in enumerate(JOINT_NAMES):
        np.testing.assert_array_equal(pose[name].joint3d, pose.joints3d[index])
    placed = dataclasses.replace(pose, joints3d_camera=pose.joints3d + 1)
    np.testing.assert_array_equal(placed["right_small_toe"].joint3d_camera, pose.joints3d[27] + 1)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("left_kne", "did you mean 'l-knee'"),
        ("leftknee", "did you mean 'l-knee'"),
        ("RightWrist", "did you mean 'r-wrist'"),
        ("knee", "did you mean 'r-knee' or 'l-knee'"),
        ("nose", "no joint 'nose'"),
        (3, "no joint 3"),
        ("", "there are pelvis, r-hip"),
    ],
)
def test_a_joint_that_is_not_there_is_named_with_what_is(name, words):
    pose = make_pose()
    with pytest.raises(OptionError, match=words):
        pose[name]
    assert name not in pose


def test_a_pose_goes_through_the_names_of_its_joints():
    assert list(make_pose()) == list(JOINT_NAMES[:17])


def test_somebody_upright_has_the_angles_that_their_definitions_say():
    standing = posed()
    for side in ("left", "right"):
        for part, degrees in {"knee": 180, "elbow": 180, "ankle": 90}.items():
            assert standing.angle(f"{side}_{part}") == pytest.approx(degrees, abs=0.1), (side, part)
        assert standing.angle(f"{side}_hip") > 165 and standing.angle(f"{side}_shoulder") < 15  # shoulders are wider than hips
    assert standing.angle("trunk") == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("degrees", [30, 60, 90, 120])
def test_bending_one_joint_changes_its_angle_by_as_much(degrees):
    assert posed(l_ankle=between(DOWN, -AHEAD, degrees)).angle("left_knee") == pytest.approx(180 - degrees, abs=0.1)
    assert posed(r_wrist=between(DOWN, AHEAD, degrees)).angle("right_elbow") == pytest.approx(180 - degrees, abs=0.1)
    raised = between(DOWN, AHEAD, degrees)
    assert posed(l_knee=raised).angle("left_hip") == pytest.approx(180 - degrees, abs=10)
    assert posed(r_elbow=raised).angle("right_shoulder") == pytest.approx(degrees, abs=10)
    lean = between(-DOWN, AHEAD, degrees)
    assert posed(spine=lean, thorax=lean).angle("trunk") == pytest.approx(degrees, abs=0.1)
    toes = between(AHEAD, DOWN, degrees)
    assert posed(l_big_toe=toes, l_heel=-toes).angle("left_ankle") == pytest.approx(min(90 + degrees, 270 - degrees), abs=0.1)


@settings(deadline=None)
@given(st.floats(0.0, 6.0), st.floats(-3, 3), st.integers(0, 3))
def test_angles_do_not_depend_on_where_the_person_faces(time_s, heading, seed):
    pose = make_pose(time_s, seed, count=28)
    around = turned(np.array([0.0, 1.0, 0.0]), heading)
    other = dataclasses.replace(pose, joints3d=(pose.joints3d @ around.T).astype(np.float32))
    for name in ANGLE_NAMES:
        assert pose.angle(name) == pytest.approx(other.angle(name), abs=0.1)


def test_an_angle_that_is_not_there_is_refused_and_no_length_is_not_a_number():
    with pytest.raises(OptionError, match="there is no angle 'left_nose'"):
        make_pose().angle("left_nose")
    with pytest.raises(OptionError, match="no joint 'l-big-toe'"):
        make_pose().angle("left_ankle")
    flat = dataclasses.replace(make_pose(), joints3d=np.zeros((17, 3), np.float32))
    assert np.isnan(flat.angle("left_knee"))


def test_a_known_height_scales_the_person_and_where_they_are():
    pose = make_pose(0.3)
    pose = dataclasses.replace(pose, joints3d_camera=pose.joints3d + np.float32([0, 0, 4000]))
    tall, small = pose.with_height(1900), pose.with_height(950)
    np.testing.assert_allclose(tall.joints3d, 2 * small.joints3d, rtol=1e-5)
    np.testing.assert_allclose(tall.joints3d_camera, 2 * small.joints3d_camera, rtol=1e-5)
    np.testing.assert_array_equal(tall.keypoints, pose.keypoints)
    np.testing.assert_allclose(tall.with_height(1750).joints3d, pose.with_height(1750).joints3d, rtol=1e-5)
    own = 1750 * np.linalg.norm(pose.joints3d[2]) / np.linalg.norm(pose.with_height(1750).joints3d[2])
    assert 1700 < own < 1760  # these bones are an average adult's


@pytest.mark.parametrize("height", [0, -1750, 1.75, 1e9, float("nan"), "tall", None, True])
def test_what_is_no_height_is_refused(height):
    with pytest.raises(OptionError, match="height in millimetres, such as 1750"):
        make_pose().with_height(height)


def test_to_json_gives_every_number_back():
    pose = make_pose(0.2, count=28)
    fields = json.loads(pose.to_json())
    assert fields == pose.to_dict() and fields["names"] == list(JOINT_NAMES)
    np.testing.assert_allclose(fields["keypoints"], pose.keypoints, atol=0.006)
    np.testing.assert_allclose(fields["joints3d"], pose.joints3d, atol=0.06)
    assert (fields["cut"], fields["unsure"], "joints3d_camera" in fields) == (4, False, False)


def test_a_pose_describes_itself_in_one_line():
    text = repr(dataclasses.replace(make_pose(), unsure=True))
    assert "\n" not in text and len(text) < 120
    for words in ("17 joints", "0.90", "cut 4 at 192 px", "4.2 ms", "unsure"):
        assert words in text


def test_a_notebook_shows_the_skeleton_and_its_3d():
    for pose in (make_pose(), make_pose(0.4, count=28)):
        picture = cv2.imdecode(np.frombuffer(pose._repr_png_(), np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape == (320, 640, 3)
        for half in (picture[:, :320], picture[:, 320:]):
            assert (np.ptp(half.astype(int), axis=2) > 60).sum() > 300  # coloured bones
    broken = dataclasses.replace(make_pose(), keypoints=np.full((17, 2), np.nan, np.float32))
    assert broken._repr_png_().startswith(b"\x89PNG")


def test_draw_puts_the_pose_on_the_picture():
    grey = np.full((480, 640, 3), 90, np.uint8)
    np.testing.assert_array_equal(make_pose().draw(grey), draw(grey, make_pose(), legend=""))


def test_a_list_of_poses_becomes_a_data_frame():
    pandas = pytest.importorskip("pandas")
    poses = [make_pose(0.1), make_pose(0.2, 1)]
    table = to_dataframe(poses)
    assert isinstance(table, pandas.DataFrame) and len(table) == 34 and "source" not in table and "x_camera_mm" not in table
    knee = table[(table.person == 2) & (table.joint == "l-knee")].iloc[0]
    assert knee.x_px == pytest.approx(poses[1].keypoints[5, 0], abs=0.006)
    assert knee.z_mm == pytest.approx(poses[1].joints3d[5, 2], abs=0.06)
    assert to_dataframe([]).empty
    assert to_dataframe(poses[0]).equals(to_dataframe(poses[:1]))


def test_frames_become_a_data_frame_with_times_and_ids():
    pytest.importorskip("pandas")
    frames = [make_frame(i, Person(7, make_pose(i / 25))) for i in range(5)] + [make_frame(5)]
    table = to_dataframe(frames)
    assert len(table) == 5 * 17 and set(table.person) == {7} and set(table.source) == {"walk.mp4"}
    assert table.time_s.max() == pytest.approx(4 / 25)


def test_supervision_gets_cocos_keypoints_in_pixels():
    supervision = pytest.importorskip("supervision")
    poses = [make_pose(), make_pose(seed=1)]
    found = to_supervision(poses)
    assert isinstance(found, supervision.KeyPoints) and found.xy.shape == (2, 17, 2)
    np.testing.assert_allclose(found.xy[1, 9], poses[1]["left_wrist"].keypoint, atol=1e-4)
    assert (found.xy[:, :5] == 0).all() and (found.xy[:, 5:] != 0).all()
    assert len(to_supervision([])) == 0 and len(to_supervision(poses[0])) == 1
    with_face = make_pose(count=28)
    np.testing.assert_allclose(with_face.to_supervision().xy[0, 0], with_face["nose"].keypoint, atol=1e-4)
    drawn = supervision.EdgeAnnotator().annotate(np.zeros((480, 640, 3), np.uint8), with_face.to_supervision())
    assert (drawn > 0).any()


@pytest.mark.parametrize("of", [to_supervision, to_dataframe, lambda poses: draw(np.zeros((480, 640, 3), np.uint8), poses)])
@pytest.mark.parametrize("poses", ["walk", 5, None, [[make_pose()]], [make_pose(), None]])
def test_what_holds_no_poses_is_refused_in_one_line(of, poses):
    for library in {to_supervision: ["supervision"], to_dataframe: ["pandas"]}.get(of, []):
        pytest.importorskip(library)
    with pytest.raises(OptionError, match=r"^expected (a Pose|poses)[^\n]*$"):
        of(poses)


def test_without_a_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "supervision", None)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(SSPNetError, match="pip install supervision"):
        make_pose().to_supervision()
    with pytest.raises(SSPNetError, match="pip install pandas"):
        to_dataframe([make_pose()])


@pytest.mark.parametrize("count", [17, 28])
@pytest.mark.parametrize("in_camera", [True, False])
def test_a_pose_is_read_back_from_its_plain_values(count, in_camera):
    pose = dataclasses.replace(make_pose(count=count), unsure=True)
    if in_camera:
        pose = dataclasses.replace(pose, joints3d_camera=pose.joints3d + np.float32(3000))
    back = Pose.from_dict(json.loads(pose.to_json()))
    assert back.to_dict() == pose.to_dict() and back.unsure and back.keypoints.dtype == np.float32
    assert back.angle("left_knee") == pytest.approx(pose.angle("left_knee"), abs=0.1)


def test_a_pose_is_read_from_a_line_of_json():
    frame = make_frame(0, Person(3, make_pose()))
    (person,) = json.loads(json.dumps(frame_record(frame)))["people"]
    assert Pose.from_dict(person).to_dict() == frame.people[0].pose.to_dict()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keypoints": [[1, 2]] * 16}, "^this is no pose of 17 or 28 joints"),
        ({"names": ["nose"] * 17}, "no pose of 17 or 28 joints"),
        ({"keypoints": 5}, "this is no pose: "),
        ({"joints3d": [[1, 2]] * 17}, "^this is no pose: 'joints3d' is not 17 x 3 numbers"),
        ({"confidence": [None] * 17}, "'confidence' is not 17 numbers"),
        ({"confidence": ["x"] * 17}, "this is no pose: "),
        ({"box": [1, 2, 3]}, "'box' is not 4 numbers"),
        ({"cut": "deep"}, "this is no pose: "),
        ({"cut": None}, "this is no pose: "),
        ({"cut": float("inf")}, "this is no pose: "),
        ({"box": [10**400] * 4}, "this is no pose: "),
        ({"latency_ms": float("nan")}, "'latency_ms' is nan"),
        ({"unsure": "false"}, "'unsure' is neither true nor false"),
    ],
)
def test_what_is_no_pose_is_refused(change, words):
    with pytest.raises(OptionError, match=words):
        Pose.from_dict(make_pose().to_dict() | change)


@pytest.mark.parametrize("name", ["keypoints", "joints3d", "confidence", "box", "cut", "unsure"])
def test_a_pose_that_lacks_a_field_is_refused(name):
    values = make_pose().to_dict()
    del values[name]
    with pytest.raises(OptionError, match=f"it has no '{name}'"):
        Pose.from_dict(values)


@pytest.mark.parametrize("something", [None, 5, "{}", []])
def test_a_pose_is_read_from_a_dict_alone(something):
    with pytest.raises(OptionError, match="from what to_dict gives, not from"):
        Pose.from_dict(something)


@pytest.mark.parametrize(("count", "names"), [(28, ANGLE_NAMES), (17, [name for name in ANGLE_NAMES if "ankle" not in name])])
def test_all_angles_by_name(count, names):
    pose = make_pose(count=count)
    assert pose.angles() == {name: pose.angle(name) for name in names}
