"""Motion files open in readers that others wrote, and give the joints back."""

import numpy as np
import pytest
from made_people import make_frame, make_pose, write_all

from sspnet_sdk.formats import open_writer
from sspnet_sdk.formats.bvh import NODES
from sspnet_sdk.formats.trc import MARKERS
from sspnet_sdk.frame import Person

Y_UP = np.array([1, -1, -1])


def test_trc_gives_millimetres_y_up(walk, tmp_path):
    trc = pytest.importorskip("trc")
    path = tmp_path / "walk.trc"
    write_all(open_writer("trc", path, fps=25), walk)
    content = trc.TRCData()
    content.load(str(path))
    assert (content["DataRate"], content["NumFrames"], content["Units"]) == (25.0, 50, "mm")
    assert content["Markers"] == list(MARKERS)
    assert content["Time"][30] == pytest.approx(1.2)
    for joint, marker in enumerate(MARKERS):
        np.testing.assert_allclose(content[marker][30], walk[30].people[0].pose.joints3d[joint] * Y_UP, atol=1e-3)


def test_trc_says_nan_where_the_person_is_missing(tmp_path):
    trc = pytest.importorskip("trc")
    frames = [make_frame(i, *([Person(1, make_pose(i / 25))] if not 10 <= i < 30 else [])) for i in range(40)]
    write_all(open_writer("trc", tmp_path / "a.trc", fps=25), frames)
    content = trc.TRCData()
    content.load(str(tmp_path / "a.trc"))
    missing = np.isnan(content["LAnkle"]).all(axis=1)
    assert np.flatnonzero(missing).tolist() == list(range(10, 30))


def test_frames_that_a_camera_dropped_are_filled_evenly(tmp_path):
    frames = [make_frame(i, Person(1, make_pose(i / 25))) for i in range(20) if i % 3 == 0]
    write_all(open_writer("trc", tmp_path / "a.trc", fps=25), frames)
    rows = np.array([line.split("\t") for line in (tmp_path / "a.trc").read_text().splitlines()[6:]], float)
    assert len(rows) == 19
    np.testing.assert_allclose(rows[4, 2:], rows[3, 2:] * 2 / 3 + rows[6, 2:] / 3, atol=1e-2)


@pytest.mark.parametrize("name", ["trc", "bvh"])
def test_every_person_gets_a_file(name, tmp_path):
    frames = [make_frame(i, Person(1, make_pose(i / 25)), Person(7, make_pose(i / 25, 2))) for i in range(3)]
    write_all(open_writer(name, tmp_path / f"a.{name}", fps=25), frames)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.2.{name}", f"a.{name}"]


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


def test_bvh_survives_limbs_along_every_axis(tmp_path):
    """Bones that point straight against their rest pose, or have no length, give numbers, not NaN."""
    pose = make_pose()
    pose.joints3d[:] = 0
    for joint, step in {2: (0, -400, 0), 3: (0, -400, 0), 12: (-300, 0, 0), 15: (300, 0, 0)}.items():
        pose.joints3d[joint] = step
    write_all(open_writer("bvh", tmp_path / "a.bvh"), [make_frame(0, Person(1, pose))])
    assert "nan" not in (tmp_path / "a.bvh").read_text().lower()
