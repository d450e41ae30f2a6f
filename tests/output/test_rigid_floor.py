"""One skeleton per person, and a floor under them: what TRC and BVH carry with `rigid` and `floor`."""

from dataclasses import replace

import numpy as np
import pytest
from made_people import make_frame, make_pose, moving_joints, write_all

from sspnet_sdk import OptionError
from sspnet_sdk.formats import motion as motion_files
from sspnet_sdk.formats import open_writer
from sspnet_sdk.frame import Person
from sspnet_sdk.motion.floor import Walker, find_floor
from sspnet_sdk.motion.rigid import bone_lengths, rigid
from sspnet_sdk.pose import JOINT_PARENTS

Y_UP = np.array([1.0, -1.0, -1.0])


def _bones(joints):
    parents = np.maximum(JOINT_PARENTS[: joints.shape[1]], 0)
    return np.linalg.norm(joints - joints[:, parents], axis=-1)


@pytest.mark.parametrize("count", [17, 28])
def test_rigid_bones_never_change_and_noise_gets_less(count):
    truth = np.stack([moving_joints(index / 30, count=count) for index in range(40)])
    noisy = truth + np.random.default_rng(0).normal(0, 25, truth.shape)
    noisy[:, 0] = 0
    fitted = rigid(noisy)
    assert np.ptp(_bones(fitted), axis=0).max() < 1e-6
    assert np.linalg.norm(fitted - truth, axis=-1).mean() < 0.9 * np.linalg.norm(noisy - truth, axis=-1).mean()


def test_a_skeleton_that_is_rigid_already_stays():
    truth = np.stack([moving_joints(index / 30) for index in range(10)])
    np.testing.assert_allclose(rigid(truth), truth, atol=0.5)
    assert bone_lengths(truth)[0] == 0


def test_frames_without_the_person_stay_empty():
    joints = np.stack([moving_joints(index / 30) for index in range(10)])
    joints[4] = np.nan
    assert np.isnan(rigid(joints)).all(axis=(1, 2)).tolist() == [index == 4 for index in range(10)]


def _walker(pitch_deg, roll_deg=0.0, noise_mm=0.0):
    """Somebody who stands at six places for half a second each, seen from 1.6 m by a camera that looks down."""
    standing = np.tile(make_pose().joints3d * Y_UP, (90, 1, 1)).astype(np.float64)
    standing[:, [3, 6], 1] = standing[:, [3, 6], 1].min()
    places = np.array([(-900, -3000), (700, -3200), (900, -4500), (0, -5200), (-800, -4400), (300, -3600)], float)
    sole = standing[0, 3, 1] - 70.0
    root = np.stack([np.repeat(places[:, 0], 15), np.full(90, -sole - 1600.0), np.repeat(places[:, 1], 15)], axis=1)
    pitch, roll = np.radians([pitch_deg, roll_deg])
    look_down = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    lean = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    to_camera = lean @ look_down
    seen = root @ to_camera.T
    seen += np.random.default_rng(0).normal(0, noise_mm, 90)[:, None] * seen / np.linalg.norm(seen, axis=1, keepdims=True)
    return Walker(np.arange(90) / 30, standing @ to_camera.T, seen)


@pytest.mark.parametrize(("pitch", "roll"), [(0, 0), (20, 0), (35, 5), (-10, -4)])
def test_standing_feet_tell_how_the_camera_is_held(pitch, roll):
    walker = _as_answered(_walker(pitch, roll, noise_mm=30), pitch)
    floor = find_floor([walker])
    assert abs(floor.pitch_deg - pitch) < 2.5
    over = floor.of(walker)
    soles = over.joints[:, [3, 6], 1].min(axis=1) + over.root[:, 1] - 70
    assert np.abs(soles).mean() < 60
    assert floor.height_mm == pytest.approx(1600, abs=120)


def _seen_more_upright(walker, degrees):
    """As a network answers that underrates how bodies lean in a picture: turned about the feet, which the picture places well."""
    lean = np.radians(degrees)
    turn = np.array([[1, 0, 0], [0, np.cos(lean), -np.sin(lean)], [0, np.sin(lean), np.cos(lean)]])
    feet = walker.joints[:, [3, 6]].mean(axis=1, keepdims=True)
    turned = (walker.joints - feet) @ turn.T + feet
    return replace(walker, joints=turned - turned[:, :1], root=walker.root + turned[:, 0])


def _as_answered(walker, pitch):
    """As the network answers: 0.8 of a lean, less 2.4°."""
    return _seen_more_upright(walker, -(0.2 * pitch + 2.4))


@pytest.mark.parametrize("pitch", [-5, 8, 30])
def test_bodies_alone_tell_the_pitch_by_how_the_network_sees_them(pitch):
    floor = find_floor([replace(_as_answered(_walker(pitch), pitch), root=None)])
    assert floor.pitch_deg == pytest.approx(pitch, abs=1.0) and not floor.sure


def test_feet_put_bodies_right_that_are_seen_too_upright():
    floor = find_floor([_seen_more_upright(_walker(15, noise_mm=20), -6)])
    assert abs(floor.pitch_deg - 15) < 1.5 and floor.height_mm == pytest.approx(1600, abs=90)


def test_who_stays_as_far_away_says_nothing_of_the_floor():
    leaning = _seen_more_upright(_walker(15), -6)
    stays = replace(leaning, root=np.repeat(leaning.root[:1], 90, axis=0) * np.random.default_rng(0).normal(1, 0.03, (90, 1)))
    floor = find_floor([stays])
    assert floor.pitch_deg == pytest.approx((9 + 2.4) / 0.8, abs=0.5)
    assert not floor.sure and find_floor([leaning]).sure and find_floor([stays], 15.0).sure


@pytest.mark.parametrize(("floor", "lines"), [("auto", 1), (8, 0)])
def test_a_floor_that_nobody_tells_is_said_to_be_a_guess(floor, lines, walk, tmp_path, caplog):
    caplog.set_level("WARNING", "sspnet_sdk")
    motion_files._say_unsure.cache_clear()
    for form in ("trc", "bvh"):
        writer = open_writer(form, tmp_path / f"a.{form}", floor=floor)
        for frame in walk:
            writer.write(frame)
        writer.close()
    said = [record.getMessage() for record in caplog.records if "floor" in record.getMessage()]
    assert len(said) == lines and all("--floor DEGREES" in line for line in said)


def test_bodies_without_length_say_nothing_of_the_floor():
    turn = find_floor([Walker(np.arange(3) / 30, np.zeros((3, 17, 3)), None)]).turn
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)


def test_a_given_pitch_is_taken():
    floor = find_floor([_walker(20)], 20.0)
    assert floor.pitch_deg == pytest.approx(20)
    assert floor.height_mm == pytest.approx(1600, abs=5)


def test_without_a_camera_the_lower_foot_stands():
    walker = _walker(15)
    over = find_floor([replace(walker, root=None)], 15.0).of(replace(walker, root=None))
    assert np.ptp(over.root[:, [0, 2]]) == 0
    np.testing.assert_allclose(over.joints[:, [3, 6], 1].min(axis=1) + over.root[:, 1], 70, atol=1e-6)


@pytest.mark.parametrize("pitch", ["down", "95", float("nan"), [1]])
def test_a_pitch_that_is_none_is_refused(tmp_path, pitch):
    with pytest.raises(OptionError, match="pitch in degrees"):
        open_writer("trc", tmp_path / "a.trc", floor=pitch)


def _markers(path):
    rows = [line.split("\t") for line in path.read_text().splitlines()[6:]]
    return np.array([[float(cell) for cell in row[2:]] for row in rows]).reshape(len(rows), -1, 3)


def test_trc_carries_rigid_bones_over_the_floor(tmp_path):
    rng = np.random.default_rng(1)
    frames = []
    for index in range(30):
        pose = make_pose(index / 30)
        shaken = pose.joints3d + rng.normal(0, 15, pose.joints3d.shape).astype(np.float32)
        shaken[0] = 0
        frames.append(make_frame(index, Person(1, replace(pose, joints3d=shaken))))
    write_all(open_writer("trc", tmp_path / "walk.trc", rigid=True, floor="auto"), frames)
    markers = _markers(tmp_path / "walk.trc")
    assert np.ptp(_bones(markers), axis=0).max() < 0.01
    np.testing.assert_allclose(markers[:, [3, 6], 1].min(axis=1), 70, atol=0.01)


def test_a_person_has_one_skeleton_in_all_files_of_a_run(tmp_path):
    """Seen twice, larger the second time, with a guess between; the guess is fitted with the same bones."""
    frames = []
    for index in range(60):
        pose = make_pose(index / 30)
        pose = replace(pose, joints3d=pose.joints3d * np.float32(1.0 if index < 15 else 1.2), unsure=28 <= index < 32)
        frames.append(make_frame(index, *([] if 15 <= index < 25 else [Person(1, pose)])))
    files = []
    for form in ("trc", "bvh"):
        writer = open_writer(form, tmp_path / f"walk.{form}", rigid=True, keep_unsure=True)
        write_all(writer, frames)
        files += writer.files
    assert [path.name for path in files] == [
        "walk.trc", "walk.part2.trc", "walk.unsure.trc", "walk.bvh", "walk.unsure.bvh",
    ]  # fmt: skip
    bones = np.concatenate([_bones(_markers(path)) for path in files[:3]])
    assert np.ptp(bones, axis=0).max() < 0.01
    for path in files[3:]:
        offsets = path.read_text().split("JOINT RightLeg\n")[1].split("OFFSET ")[1].split()[:3]
        assert np.linalg.norm(np.array(offsets, float)) == pytest.approx(bones[0, 2] / 10, abs=1e-3)


def test_bvh_takes_them_too(tmp_path):
    frames = [make_frame(index, Person(1, make_pose(index / 30))) for index in range(10)]
    write_all(open_writer("bvh", tmp_path / "walk.bvh", rigid=True, floor=10), frames)
    assert "Frames: " in (tmp_path / "walk.bvh").read_text()
