"""Recordings for the Rerun viewer, read back with Rerun's own reader."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from made_people import HEIGHT, WIDTH, make_frame, make_pose
from moving_photo import PHOTO

from sspnet_sdk import OptionError, SSPNetError
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.drawing.rerun_view import RerunView, in_metres
from sspnet_sdk.frame import Person

pytest.importorskip("rerun")
reader = pytest.importorskip("rerun.chunk")


def rows(path, entity, column):
    """frame → values of one column of one entity."""
    found = {}
    for chunk in reader.RrdReader(str(path)).stream().to_chunks():
        batch = chunk.to_record_batch()
        if chunk.entity_path == entity and column in batch.schema.names:
            found |= dict(zip(batch.column("frame").to_pylist(), batch.column(column).to_pylist(), strict=True))
    return found


def test_a_recording_holds_pictures_keypoints_and_3d_in_metres(walk, tmp_path):
    path = tmp_path / "walk.rrd"
    view = RerunView(path)
    for frame in walk[:5]:
        view.write(frame)
    assert not path.exists()
    view.close()
    pictures = rows(path, "/picture", "EncodedImage:blob")
    flat, solid = rows(path, "/picture/people/1", "Points2D:positions"), rows(path, "/people/1", "Points3D:positions")
    assert list(pictures) == list(flat) == list(solid) == [0, 1, 2, 3, 4]
    for frame in walk[:5]:
        image = cv2.imdecode(np.array(pictures[frame.index][0], np.uint8), cv2.IMREAD_COLOR)
        assert np.abs(image.astype(float) - frame.image).mean() < 3
        pose = frame.people[0].pose
        assert np.allclose(flat[frame.index], pose.keypoints, atol=1e-3)
        bones = np.diff(np.array(solid[frame.index])[[1, 2, 3]], axis=0)
        assert np.allclose(np.linalg.norm(bones, axis=1), [0.421, 0.415], atol=1e-3)


def test_people_with_face_and_feet_have_all_their_joints(tmp_path):
    view = RerunView(tmp_path / "a.rrd")
    view.write(make_frame(0, Person(1, make_pose(count=28)), Person(2, make_pose(seed=1))))
    view.close()
    for person, count in ((1, 28), (2, 17)):
        assert len(rows(tmp_path / "a.rrd", f"/people/{person}", "Points3D:positions")[0]) == count
        assert set(rows(tmp_path / "a.rrd", f"/people/{person}", "Points3D:class_ids")[0]) == {count}


def test_who_leaves_the_picture_leaves_the_view(tmp_path):
    path = tmp_path / "two.rrd"
    view = RerunView(path)
    one, two = Person(1, make_pose()), Person(2, make_pose(1.0, seed=3, centre=(100, 200)))
    for index, people in enumerate(([one], [one, two], [one])):
        view.write(make_frame(index, *people))
    view.close()
    assert list(rows(path, "/people/2", "Points3D:positions")) == [1]
    assert list(rows(path, "/people/2", "Clear:is_recursive")) == [2]


def test_people_stand_beside_each_other_as_in_the_picture():
    left, right = (in_metres(make_pose(centre=(x, HEIGHT / 2)), WIDTH, HEIGHT) for x in (WIDTH / 2 - 100, WIDTH / 2 + 100))
    assert np.allclose(right[0] - left[0], (1.0, 0, 0), atol=0.01)  # 200 px at 5 mm
    assert np.allclose(left - left[0], make_pose().joints3d / 1000, atol=1e-5)


def test_where_the_distance_is_known_people_stand_there():
    there = make_pose().joints3d + np.float32([300, 0, 4000])
    assert np.allclose(in_metres(replace(make_pose(), joints3d_camera=there), WIDTH, HEIGHT), there / 1000)


def test_a_recording_that_is_given_up_leaves_what_was_there(walk, tmp_path):
    path = tmp_path / "walk.rrd"
    path.write_bytes(b"before")
    view = RerunView(path)
    view.write(walk[0])
    view.discard()
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]


def test_a_recording_ends_whole_while_the_disk_has_room(walk, tmp_path, monkeypatch):
    view = RerunView(tmp_path / "walk.rrd")
    for frame in walk[:10]:
        view.write(frame)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1 << 20))
    with pytest.raises(SSPNetError, match=r"no space left on device: .*walk\.rrd holds the first 10 frames"):
        view.write(walk[10])
    view.discard()  # as `predict` gives it up
    assert len(rows(tmp_path / "walk.rrd", "/people/1", "Points3D:positions")) == 10
    full = RerunView(tmp_path / "none.rrd")
    with pytest.raises(SSPNetError, match=r"cannot write .*none\.rrd: no space left on device"):
        full.write(walk[0])
    full.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["walk.rrd"]


def test_a_viewer_that_is_gone_is_one_line(walk, monkeypatch):
    monkeypatch.setattr("rerun.RecordingStream.spawn", lambda recording: None)

    def gone(recording, **_):
        raise RuntimeError("gRPC connection severed")

    view = RerunView("viewer")
    view.write(walk[0])
    monkeypatch.setattr("rerun.RecordingStream.flush", gone)
    with pytest.raises(SSPNetError, match="the Rerun viewer was closed, or finds no screen here: gRPC connection severed"):
        view.close()


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(OptionError, match=r"\.rrd"):
        RerunView(tmp_path / "walk.mp4")


def test_without_rerun_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(SSPNetError, match=r'pip install "sspnet-sdk\[rerun\]"'):
        RerunView(tmp_path / "walk.rrd")


def test_predict_writes_a_recording(tmp_path):
    root = Path(__file__).parents[2]
    command = [
        sys.executable,
        "-c",
        "from sspnet_sdk.cli.main import main; main()",
        "predict",
        str(PHOTO),
        "--rerun",
        "photo.rrd",
    ]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    options = ["--cut", "2", "--input-size", "128", "--backend", "onnxruntime"]
    done = subprocess.run([*command, *options], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["photo.rrd"]
    assert np.shape(rows(tmp_path / "photo.rrd", "/people/1", "Points3D:positions")[0]) == (len(open_bundle().joint_names), 3)
