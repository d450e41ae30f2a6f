"""Motion files open in readers that others wrote, and give the joints back."""

import dataclasses

import numpy as np
import pytest
from made_people import make_frame, make_pose, write_all

from sspnet_sdk import JOINT_NAMES, OptionError
from sspnet_sdk.formats import open_writer
from sspnet_sdk.formats.bvh import NODES
from sspnet_sdk.formats.trc import MARKERS
from sspnet_sdk.frame import Person

Y_UP = np.array([1, -1, -1])


def rows(path):
    """The numbers of a TRC file: frame, time, x, y, z of each marker."""
    lines = path.read_text().splitlines()
    assert lines[5] == ""
    found = np.array([line.split("\t") for line in lines[6:]], float)
    assert int(lines[2].split("\t")[2]) == len(found) and found.shape[1] == 2 + 3 * int(lines[2].split("\t")[3])
    return found


def placed(pose, root):
    """The pose with its pelvis at `root`, in mm from the camera."""
    return dataclasses.replace(pose, joints3d_camera=pose.joints3d + np.float32(root))


@pytest.mark.parametrize("count", [17, 28])
def test_trc_gives_millimetres_y_up(count, tmp_path):
    trc = pytest.importorskip("trc")
    path = tmp_path / "walk.trc"
    frames = [make_frame(index, Person(1, make_pose(index / 25, count=count))) for index in range(50)]
    write_all(open_writer("trc", path, fps=25), frames)
    content = trc.TRCData()
    content.load(str(path))
    assert (content["DataRate"], content["NumFrames"], content["Units"]) == (25.0, 50, "mm")
    assert content["Markers"] == list(MARKERS[:count])
    assert content["Time"][30] == pytest.approx(1.2)
    for joint, marker in enumerate(MARKERS[:count]):
        np.testing.assert_allclose(content[marker][30], frames[30].people[0].pose.joints3d[joint] * Y_UP, atol=1e-3)


def test_marker_names_say_where_opensims_models_have_them():
    """In Pose2Sim's Markers_Halpe26.xml the neck lies 8 cm above the shoulders' line: our neck."""
    where = dict(zip(MARKERS, JOINT_NAMES, strict=True))
    assert where["Neck"] == "neck" and where["Hip"] == "pelvis" and "Head" not in where
    for side, ours in (("L", "l-"), ("R", "r-")):
        for marker, joint in (("Hip", "hip"), ("Knee", "knee"), ("Wrist", "wrist"), ("Heel", "heel"), ("BigToe", "big-toe")):
            assert where[side + marker] == ours + joint


def test_a_joint_that_is_never_sure_is_no_marker_in_millimetres(tmp_path):
    """OpenSim would bend the body to it; a moment of doubt changes nothing."""
    trc = pytest.importorskip("trc")
    frames = []
    for index in range(10):
        pose = make_pose(index / 25, count=28)
        pose.confidence[26:] = 0.02
        pose.confidence[24] = 0.02 if index == 3 else 0.5
        frames.append(make_frame(index, Person(1, pose)))
    found = {}
    for units in ("mm", "px"):
        path = tmp_path / f"walk_{units}.trc"
        write_all(open_writer("trc", path, fps=25, units=units), frames)
        content = trc.TRCData()
        content.load(str(path))
        found[units] = content["Markers"]
    assert found["mm"] == list(MARKERS[:26])
    assert found["px"] == list(MARKERS)


def test_no_frame_of_a_trc_is_empty_and_a_long_absence_begins_another(tmp_path):
    """A frame of NaN ends OpenSim's inverse kinematics."""
    frames = [make_frame(i, *([Person(1, make_pose(i / 25))] if not 10 <= i < 30 else [])) for i in range(40)]
    writer = open_writer("trc", tmp_path / "a.trc", fps=25)
    write_all(writer, frames)
    assert writer.files == [tmp_path / "a.trc", tmp_path / "a.part2.trc"] and sorted(writer.files) == sorted(tmp_path.iterdir())
    first, second = (rows(path) for path in writer.files)
    assert np.isfinite(first).all() and np.isfinite(second).all()
    assert first[:, 0].tolist() == list(range(1, 11)) and second[:, 0].tolist() == list(range(31, 41))
    assert second[0, 1] == pytest.approx(30 / 25)


def test_a_video_of_few_frames_per_second_has_no_holes(tmp_path):
    """Three per second: a person in all of them was never out of sight; missed in one, they were for two thirds of a second."""
    people = [[] if i == 7 else [Person(1, make_pose(i / 3))] for i in range(11)]
    frames = [make_frame(i, *seen, fps=3) for i, seen in enumerate(people)]
    writer = open_writer("trc", tmp_path / "a.trc", fps=3)
    write_all(writer, frames)
    assert [len(rows(path)) for path in writer.files] == [7, 3]


def test_a_moment_out_of_sight_is_filled_evenly(tmp_path):
    frames = [make_frame(i, *([Person(1, make_pose(i / 25))] if i not in (4, 5) else [])) for i in range(20)]
    write_all(open_writer("trc", tmp_path / "a.trc", fps=25), frames)
    found = rows(tmp_path / "a.trc")
    assert len(found) == 20
    np.testing.assert_allclose(found[4, 2:], found[3, 2:] * 2 / 3 + found[6, 2:] / 3, atol=1e-2)


def test_frames_that_a_camera_dropped_are_filled_evenly(tmp_path):
    frames = [make_frame(i, Person(1, make_pose(i / 25))) for i in range(20) if i % 3 == 0]
    write_all(open_writer("trc", tmp_path / "a.trc", fps=25), frames)
    found = rows(tmp_path / "a.trc")
    assert len(found) == 19
    np.testing.assert_allclose(found[4, 2:], found[3, 2:] * 2 / 3 + found[6, 2:] / 3, atol=1e-2)


def test_every_frame_of_a_video_keeps_its_own_time(tmp_path):
    times = np.cumsum([0, 0.001, 0.001, 0.04, 0.1, 0.02])
    frames = [dataclasses.replace(make_frame(i, Person(1, make_pose(t))), time_s=float(t)) for i, t in enumerate(times)]
    write_all(open_writer("trc", tmp_path / "a.trc", fps=5), frames)
    np.testing.assert_allclose(rows(tmp_path / "a.trc")[:, 1], times, atol=1e-6)


def test_frames_by_a_cameras_clock_keep_their_times(tmp_path):
    times = 1.7e9 + np.arange(25) / 25
    frames = [dataclasses.replace(make_frame(i, Person(1, make_pose(i / 25))), time_s=float(t)) for i, t in enumerate(times)]
    write_all(open_writer("trc", tmp_path / "a.trc", fps=25), frames)
    np.testing.assert_allclose(rows(tmp_path / "a.trc")[:, 1], times, rtol=0, atol=2e-6)
    write_all(open_writer("bvh", tmp_path / "a.bvh", fps=25), frames)
    assert "Frames: 25\n" in (tmp_path / "a.bvh").read_text()


def test_times_in_whole_milliseconds_and_a_pause_change_no_rate(tmp_path):
    times = [round(index / 60, 3) + (4.0 if index >= 60 else 0.0) for index in range(90)]
    frames = [dataclasses.replace(make_frame(i, Person(1, make_pose())), time_s=time) for i, time in enumerate(times)]
    write_all(open_writer("trc", tmp_path / "a.trc"), frames)
    assert float((tmp_path / "a.trc").read_text().splitlines()[2].split("\t")[0]) == pytest.approx(60, rel=1e-3)


def test_with_a_camera_people_travel(tmp_path):
    frames = [make_frame(i, Person(1, placed(make_pose(i / 25), (10 * i, 100, 3000 + 40 * i)))) for i in range(25)]
    write_all(open_writer("trc", tmp_path / "a.trc", fps=25), frames)
    found = rows(tmp_path / "a.trc")
    np.testing.assert_allclose(found[20, 2:5], (200, -100, -3800), atol=1e-2)
    np.testing.assert_allclose(found[20, 5:8] - found[20, 2:5], frames[20].people[0].pose.joints3d[1] * Y_UP, atol=1e-2)
    write_all(open_writer("bvh", tmp_path / "a.bvh", fps=25), frames)
    hips = [line.split()[:3] for line in (tmp_path / "a.bvh").read_text().splitlines()[-25:]]
    np.testing.assert_allclose(np.array(hips[20], float), (20, -10, -380), atol=1e-3)


def test_pixels_are_those_of_the_picture_and_missing_ones_nan(tmp_path):
    frames = [make_frame(i, *([Person(1, make_pose(i / 25))] if not 10 <= i < 30 else [])) for i in range(40)]
    writer = open_writer("trc", tmp_path / "a_px.trc", fps=25, units="px")
    write_all(writer, frames)
    found = rows(tmp_path / "a_px.trc")
    assert writer.files == [tmp_path / "a_px.trc"] and "\tpx\t" in (tmp_path / "a_px.trc").read_text()
    assert np.flatnonzero(np.isnan(found).any(axis=1)).tolist() == list(range(10, 30))
    np.testing.assert_allclose(found[35, 2:].reshape(17, 3)[:, :2], frames[35].people[0].pose.keypoints - 0.5, atol=1e-3)
    assert (found[35, 4::3] == 0).all()
    with pytest.raises(OptionError, match="mm, px"):
        open_writer("trc", tmp_path / "b.trc", units="m")


@pytest.mark.parametrize("name", ["trc", "bvh"])
def test_guesses_are_left_out_or_have_a_file_that_says_so(name, tmp_path):
    guess = dataclasses.replace(make_pose(), unsure=True)
    frames = [make_frame(i, Person(1, guess if 20 <= i < 30 else make_pose(i / 25))) for i in range(40)]
    for keep in (False, True):
        writer = open_writer(name, tmp_path / f"{keep}.{name}", fps=25, keep_unsure=keep)
        write_all(writer, frames)
        assert (tmp_path / f"True.unsure.{name}" in writer.files) == keep
    if name == "trc":
        assert len(rows(tmp_path / "True.unsure.trc")) == 10
        assert [len(rows(tmp_path / f"False{part}.trc")) for part in ("", ".part2")] == [20, 10]


@pytest.mark.parametrize("name", ["trc", "bvh"])
def test_every_person_gets_a_file(name, tmp_path):
    frames = [make_frame(i, Person(1, make_pose(i / 25)), Person(7, make_pose(i / 25, 2))) for i in range(3)]
    writer = open_writer(name, tmp_path / f"a.{name}", fps=25)
    write_all(writer, frames)
    assert [path.name for path in writer.files] == [f"a.{name}", f"a.2.{name}"]
    assert sorted(tmp_path.iterdir()) == sorted(writer.files)


@pytest.mark.parametrize("seed", range(4))
def test_bvh_rotations_bring_every_joint_back_to_its_place(seed, tmp_path):
    pybvh = pytest.importorskip("pybvh")
    frames = [make_frame(i, Person(1, make_pose(i / 25, seed))) for i in range(50)]
    write_all(open_writer("bvh", tmp_path / "a.bvh", fps=25), frames)
    motion = pybvh.read_bvh_file(str(tmp_path / "a.bvh"))
    assert motion.frame_count == 50
    assert motion.fps == pytest.approx(25)
    positions = motion.node_positions()
    hips = positions[:, motion.node_index["Hips"]]
    assert np.ptp(hips, axis=0).max() == 0
    for node in NODES:
        found_mm = (positions[:, motion.node_index[node.name]] - hips) * 10
        wanted_mm = np.array([frame.people[0].pose.joints3d[node.joint] * Y_UP for frame in frames])
        np.testing.assert_allclose(found_mm, wanted_mm, atol=0.5, err_msg=node.name)


def test_bvh_opens_in_a_plain_reader(walk, tmp_path):
    bvh = pytest.importorskip("bvh")
    write_all(open_writer("bvh", tmp_path / "a.bvh", fps=25), walk)
    motion = bvh.Bvh((tmp_path / "a.bvh").read_text())
    assert motion.nframes == 50
    assert motion.frame_time == pytest.approx(0.04)
    assert motion.get_joints_names() == [node.name for node in NODES]
    assert motion.joint_parent("LeftForeArm").name == "LeftArm"


def test_bvh_holds_the_pose_while_the_person_is_out_of_sight(tmp_path):
    frames = [make_frame(i, *([Person(1, make_pose(i / 25))] if 5 <= i < 10 else [])) for i in range(30)]
    write_all(open_writer("bvh", tmp_path / "a.bvh", fps=25), frames)
    rows = (tmp_path / "a.bvh").read_text().split("Frame Time")[1].splitlines()[1:]
    values = np.array([row.split() for row in rows], float)
    assert len(values) == 30
    assert (values[:6] == values[5]).all()
    assert (values[9:] == values[9]).all()
    assert (np.abs(np.diff(values[5:10], axis=0)).max(axis=1) > 0.1).all()


def test_bvh_has_who_was_seen_between_two_of_its_frames_only(tmp_path):
    """Three frames of a burst at 120 per second, none of which falls on a thirtieth of a second."""
    frames = [
        dataclasses.replace(make_frame(i, *([Person(1, make_pose(i / 25))] if 5 <= i < 8 else [])), time_s=i / 120)
        for i in range(20)
    ]
    write_all(open_writer("bvh", tmp_path / "a.bvh", fps=30), frames)
    rows = (tmp_path / "a.bvh").read_text().split("Frame Time")[1].splitlines()[1:]
    values = np.array([row.split() for row in rows], float)
    assert len(values) == 6
    assert (values[:2] == values[0]).all() and (values[2:] == values[2]).all()
    assert np.abs(values[2] - values[0]).max() > 0.1


def test_bvh_survives_limbs_along_every_axis(tmp_path):
    """Bones that point straight against their rest pose, or have no length, give numbers, not NaN."""
    pose = make_pose()
    pose.joints3d[:] = 0
    for joint, step in {2: (0, -400, 0), 3: (0, -400, 0), 12: (-300, 0, 0), 15: (300, 0, 0)}.items():
        pose.joints3d[joint] = step
    write_all(open_writer("bvh", tmp_path / "a.bvh"), [make_frame(0, Person(1, pose))])
    assert "nan" not in (tmp_path / "a.bvh").read_text().lower()
