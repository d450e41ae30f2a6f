"""JSON lines and CSV carry everything a pose holds, and read back as it was."""

import csv
import dataclasses
import json
import os
import sys

import numpy as np
import pytest
from made_people import make_frame, make_pose, write_all

from sspnet_sdk import JOINT_NAMES, OptionError, OverlayVideo, SSPNetError, VideoFile
from sspnet_sdk.formats import open_writer
from sspnet_sdk.formats.table import COLUMNS
from sspnet_sdk.frame import Person


def test_json_lines_give_back_every_number(walk, tmp_path):
    path = tmp_path / "walk ü.jsonl"
    write_all(open_writer("json", path), walk)
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert [record["frame"] for record in records] == list(range(50))
    assert records[30]["time_s"] == pytest.approx(1.2)
    assert (records[0]["width"], records[0]["height"], records[0]["source"], records[0]["schema"]) == (640, 480, "walk.mp4", 1)
    person, pose = records[30]["people"][0], walk[30].people[0].pose
    np.testing.assert_allclose(person["keypoints"], pose.keypoints, atol=0.006)
    np.testing.assert_allclose(person["joints3d"], pose.joints3d, atol=0.06)
    np.testing.assert_allclose(person["confidence"], pose.confidence, atol=1e-4)
    np.testing.assert_allclose(person["box"], pose.box, atol=0.006)
    assert (person["id"], person["cut"], person["input_size"], person["latency_ms"], person["unsure"]) == (1, 4, 192, 4.25, False)


def test_json_has_a_line_for_a_frame_without_people(tmp_path):
    write_all(open_writer("json", tmp_path / "a.jsonl"), [make_frame(0, fps=None)])
    record = json.loads((tmp_path / "a.jsonl").read_text())
    assert (record["people"], record["time_s"]) == ([], None)


def test_csv_has_one_row_per_person_and_joint(tmp_path):
    frame = make_frame(7, Person(1, make_pose(0.1)), Person(4, make_pose(0.2, seed=1)), source='odd, "name".mp4')
    write_all(open_writer("csv", tmp_path / "a.csv"), [frame])
    with open(tmp_path / "a.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["joint"] for row in rows] == list(JOINT_NAMES[:17]) * 2
    assert {row["person"] for row in rows[17:]} == {"4"}
    assert {row["source"] for row in rows} == {'odd, "name".mp4'}
    assert float(rows[3]["y_px"]) == pytest.approx(frame.people[0].pose.keypoints[3, 1], abs=0.006)
    assert float(rows[20]["z_mm"]) == pytest.approx(frame.people[1].pose.joints3d[3, 2], abs=0.06)


def test_csv_says_box_score_time_and_who_is_not_sure(tmp_path):
    sure, guess = make_pose(0.1), dataclasses.replace(make_pose(0.2, confidence=0.1), unsure=True)
    frame = make_frame(5, Person(1, sure), Person(2, guess))
    for keep, people in ((False, {"1"}), (True, {"1", "2"})):
        write_all(open_writer("csv", tmp_path / "a.csv", keep_unsure=keep), [frame])
        with open(tmp_path / "a.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert {row["person"] for row in rows} == people
    assert {row["person"]: row["unsure"] for row in rows} == {"1": "false", "2": "true"}
    assert float(rows[0]["score"]) == pytest.approx(0.9) and float(rows[20]["score"]) == pytest.approx(0.1)
    assert float(rows[0]["time_s"]) == pytest.approx(0.2)
    np.testing.assert_allclose([float(rows[3][f"box_{part}"]) for part in "xywh"], sure.box, atol=0.006)


def test_parquet_is_the_same_table_with_types(walk, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    pandas = pytest.importorskip("pandas")
    for name in ("csv", "parquet"):
        write_all(open_writer(name, tmp_path / name), walk)
    table, text = parquet.read_table(tmp_path / "parquet").to_pandas(), pandas.read_csv(tmp_path / "csv")
    assert list(table.columns) == list(text.columns) == list(COLUMNS) and len(table) == 50 * 17
    assert (table["unsure"].dtype, table["person"].dtype, table["time_s"].dtype) == (bool, np.int32, np.float64)
    for column in COLUMNS:
        if column in ("source", "joint"):
            assert (table[column] == text[column]).all()
        else:
            np.testing.assert_allclose(table[column].astype(float), text[column].astype(float), rtol=1e-5, atol=1e-3)


def test_parquet_of_pictures_without_anybody_is_an_empty_table(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    write_all(open_writer("parquet", tmp_path / "a.parquet"), [make_frame(0, fps=None)])
    assert parquet.read_table(tmp_path / "a.parquet").num_rows == 0
    write_all(open_writer("parquet", tmp_path / "b.parquet"), [make_frame(0, Person(1, make_pose()), fps=None)])
    assert parquet.read_table(tmp_path / "b.parquet").column("time_s").null_count == 17


def test_parquet_without_its_library_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SSPNetError, match=r'pip install "sspnet-sdk\[parquet\]"'):
        open_writer("parquet", tmp_path / "a.parquet")


def test_json_marks_guesses_only_if_they_are_asked_for(tmp_path):
    frame = make_frame(0, Person(1, dataclasses.replace(make_pose(), unsure=True)))
    found = []
    for keep in (False, True):
        write_all(open_writer("json", tmp_path / "a.jsonl", keep_unsure=keep), [frame])
        found.append([person["unsure"] for person in json.loads((tmp_path / "a.jsonl").read_text())["people"]])
    assert found == [[], [True]]


def test_face_and_feet_have_their_rows(tmp_path):
    frames = [make_frame(0, Person(1, make_pose(count=28)))]
    for name in ("csv", "json"):
        write_all(open_writer(name, tmp_path / name), frames)
    with open(tmp_path / "csv", newline="") as file:
        assert [row["joint"] for row in csv.DictReader(file)] == list(JOINT_NAMES)
    (person,) = json.loads((tmp_path / "json").read_text())["people"]
    assert len(person["keypoints"]) == len(person["joints3d"]) == len(person["confidence"]) == 28


def test_places_in_the_camera_are_written_where_there_are(tmp_path):
    pose = make_pose(0.1)
    placed = dataclasses.replace(pose, joints3d_camera=pose.joints3d + np.float32([100, -50, 4000]))
    for name, poses in (("with", (placed, placed)), ("without", (pose,)), ("nobody", ())):
        frames = [make_frame(0), make_frame(1, *(Person(i, p) for i, p in enumerate(poses, 1)))]
        write_all(open_writer("csv", tmp_path / f"{name}.csv"), frames)
        write_all(open_writer("json", tmp_path / f"{name}.jsonl"), frames)
    with open(tmp_path / "with.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 34 and None not in rows[0]
    assert float(rows[20]["z_camera_mm"]) == pytest.approx(placed.joints3d_camera[3, 2], abs=0.06)
    assert "x_camera_mm" not in (tmp_path / "without.csv").read_text()
    assert (tmp_path / "nobody.csv").read_text() == ",".join(COLUMNS) + "\n"
    people = [json.loads((tmp_path / f"{name}.jsonl").read_text().splitlines()[1])["people"] for name in ("with", "without")]
    np.testing.assert_allclose(people[0][1]["joints3d_camera"], placed.joints3d_camera, atol=0.06)
    assert "joints3d_camera" not in people[1][0]


def test_a_discarded_file_leaves_the_old_one_and_no_trace(walk, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    writer = open_writer("csv", path)
    writer.write(walk[0])
    assert path.read_text() == "old"
    writer.discard()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["json", "csv", "parquet", "coco", "trc", "bvh"])
def test_a_folder_in_the_files_place_is_refused_at_once(name, tmp_path):
    with pytest.raises(OptionError, match="is a folder"):
        open_writer(name, tmp_path)


def test_unknown_formats_are_refused_with_the_choices(tmp_path):
    with pytest.raises(OptionError, match="json, csv, parquet, coco, openpose, trc, bvh"):
        open_writer("fbx", tmp_path / "a.fbx")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's")
def test_whoever_reads_a_named_pipe_gets_each_frame_at_once(walk, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    writer = open_writer("json", tmp_path / "pipe")
    for frame in walk[:2]:
        writer.write(frame)
        assert json.loads(os.read(reader, 100_000))["frame"] == frame.index
    writer.close()
    os.close(reader)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's")
@pytest.mark.parametrize(
    ("name", "open_it"),
    [
        ("o.mp4", lambda path: VideoFile(path, 30)),
        ("o.mov", lambda path: OverlayVideo(path, 30)),
        ("o.parquet", lambda path: open_writer("parquet", path)),
    ],
)
def test_a_pipe_is_refused_at_once_where_the_begin_is_written_last(name, open_it, tmp_path):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    os.mkfifo(tmp_path / name)
    with pytest.raises(OptionError, match=f"{name} is a pipe, which takes no .{name[2:]} file"):
        open_it(tmp_path / name)


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="no /dev/fd here")
@pytest.mark.parametrize("name", ["json", "csv", "coco", "bvh"])
def test_a_link_to_an_open_pipe_is_written_as_it_stands(tmp_path, name):
    """What /dev/stdout is in `predict … --json /dev/stdout | jq`."""
    end, begin = os.pipe()
    link = tmp_path / "stdout"
    link.symlink_to(f"/dev/fd/{begin}")
    writer = open_writer(name, link)
    writer.write(make_frame(0, Person(1, make_pose())))
    writer.close()
    os.close(begin)
    with os.fdopen(end, "rb") as pipe:
        assert len(pipe.read()) > 100
    assert link.is_symlink() and list(tmp_path.iterdir()) == [link]
