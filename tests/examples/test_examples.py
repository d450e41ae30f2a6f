"""Every example runs as it stands, with a file in the camera's place and the CPU in the accelerator's."""

import json
import runpy
import sys
from itertools import pairwise
from pathlib import Path

import cv2
import pytest
from example_files import PHOTO, ROOT

from sspnet_sdk.bundle import open_bundle

EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.py"))


def frames(path):
    """Number of frames and the size of a video."""
    video = cv2.VideoCapture(str(path))
    count = 0
    while video.read()[0]:
        count += 1
    return count, (int(video.get(cv2.CAP_PROP_FRAME_WIDTH)), int(video.get(cv2.CAP_PROP_FRAME_HEIGHT)))


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "own_dataset.py"])
def test_help_says_what_it_does_and_how_to_call_it(name, monkeypatch, capsys):
    path = str(ROOT / "examples" / name)
    monkeypatch.setattr(sys, "argv", [path, "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(path, run_name="__main__")
    text = capsys.readouterr().out
    assert end.value.code == 0 and f"examples/{name}" in text and "options:" in text


def test_quickstart_prints_the_joints_and_draws_them(run, tmp_path):
    done = run("quickstart.py", PHOTO)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert rows[1][0] == "pelvis" and [float(value) for value in rows[1][3:6]] == [0, 0, 0]
    assert len(rows) == 2 + len(open_bundle().joint_names)
    assert cv2.imread(str(tmp_path / "quickstart.png")).shape == cv2.imread(str(PHOTO)).shape


def test_quickstart_says_what_is_wrong_in_one_line(run):
    done = run("quickstart.py", "none.jpg")
    assert done.returncode == 1 and done.stderr.startswith("Error: ") and len(done.stderr.splitlines()) == 1


def test_webcam_writes_a_video(run, clip, tmp_path):
    done = run("webcam.py", clip, "--out", "overlay.mp4", "--target-fps", "5")
    assert done.returncode == 0, done.stderr
    assert frames(tmp_path / "overlay.mp4") == (10, (400, 424))


def test_webcam_without_a_camera_or_a_window_says_so(run, clip):
    done = run("webcam.py", "99", "--target-fps", "1")  # more may be out of reach, which is said first
    assert done.returncode == 1 and done.stderr.startswith("Error: camera 99 does not open")
    if not cv2.currentUIFramework():
        done = run("webcam.py", clip, "--target-fps", "5")
        assert done.returncode == 1 and "cannot open windows" in done.stderr.splitlines()[-1]


def test_live_loop_sees_a_file_as_a_camera(run, write_clip, tmp_path):
    done = run("live_loop.py", write_clip(tmp_path / "long.mp4", 30), "--target-fps", "15")
    assert done.returncode == 0, done.stderr
    assert "frames, " in done.stdout and "person 1" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("the end after ")


def test_live_loop_without_a_camera_says_so(run):
    done = run("live_loop.py", "none.mp4")
    assert done.returncode == 1 and "none.mp4 gives no frames" in done.stderr


def test_video_gives_overlay_3d_view_and_joints(run, clip, tmp_path):
    done = run("video.py", clip, "--view3d", "view3d.mp4", "--json", "joints.jsonl", "--target-fps", "5")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("10 frames with ")
    assert frames(tmp_path / "overlay.mp4") == (10, (400, 424))
    assert frames(tmp_path / "view3d.mp4") == (10, (720, 720))
    lines = [json.loads(line) for line in (tmp_path / "joints.jsonl").read_text().splitlines()]
    assert len(lines) == 10 and all(line["people"] for line in lines)


def test_squats_are_counted(run):
    """In a rendered video of somebody who goes down and up three times."""
    done = run("squats.py", Path(__file__).with_name("squats.mp4"))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 4 and lines[-1] == "3 squats"
    times = [float(line.split()[0]) for line in lines[:-1]]
    assert all(1.2 < later - sooner < 2.0 for sooner, later in pairwise(times))  # one takes 1.6 s


def test_only_a_deep_and_finished_bend_is_a_squat():
    squats = runpy.run_path(str(ROOT / "examples" / "squats.py"))["squats"]
    angles = [170, 130, 160, 100, 90, 140, 90, 155, 80, 120, 149]
    assert list(squats(enumerate(angles))) == [(7, 90)]


def test_pictures_become_a_table_of_everybody(run, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    pytest.importorskip("pandas")
    (tmp_path / "photos").mkdir()
    for photo in (PHOTO, PHOTO.with_name("000000000790.jpg")):
        (tmp_path / "photos" / photo.name).write_bytes(photo.read_bytes())
    (tmp_path / "photos" / "broken.jpg").write_text("no picture")
    done = run("pictures_to_parquet.py", "photos", "people.parquet")
    assert done.returncode == 0, done.stderr
    assert "broken.jpg" in done.stdout and " people in 2 pictures; wrote people.parquet" in done.stdout
    table = parquet.read_table(tmp_path / "people.parquet").to_pydict()
    found = set(zip(table["picture"], table["person"], strict=True))
    assert len(found) >= 3 and f"{len(found)} people" in done.stdout and not any(table["unsure"])
    assert len(table["joint"]) == len(found) * len(open_bundle().joint_names)


def test_desktop_gpu_compares_devices_and_goes_on_where_one_is_missing(run):
    done = run("desktop_gpu.py", PHOTO, "--devices", "cpu", "directml", "--input-size", "128", "--runs", "3")
    assert done.returncode == 0, done.stderr
    _, cpu, missing = done.stdout.splitlines()
    assert cpu.split()[0] == "cpu" and cpu.endswith("0.00 px")
    assert "onnxruntime-directml" in missing


def test_jetson_runs_from_a_file_and_says_board_and_rate(run, clip, tmp_path):
    arguments = ["--source", clip, "--device", "cpu", "--target-fps", "5", "--json", "-", "--out", "overlay.mp4"]
    done = run("jetson.py", *arguments)
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["frame"] for line in done.stdout.splitlines()] == list(range(10))
    for words in ("power mode", "on cpu ready after", " FPS, cut "):
        assert words in done.stderr
    assert frames(tmp_path / "overlay.mp4")[0] == 10


def test_jetson_elsewhere_says_what_is_missing(run):
    done = run("jetson.py", "--device", "cpu", "--target-fps", "5")
    assert done.returncode == 1 and "GStreamer" in done.stderr.splitlines()[-1]


def test_openvino_npu_shows_what_openvino_finds(run):
    pytest.importorskip("openvino")
    done = run("openvino_npu.py", PHOTO, "--devices", "cpu", "--input-size", "128", "--runs", "3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("cpu: median")


def test_multi_camera_shows_all_cameras_side_by_side(run, clip, tmp_path):
    done = run("multi_camera.py", clip, clip, "--target-fps", "2", "--height", "212")
    assert done.returncode == 0, done.stderr
    assert "10 rounds of 2 cameras" in done.stdout
    assert frames(tmp_path / "cameras.mp4") == (10, (400, 212))


@pytest.mark.parametrize("name", ["quickstart.py", "desktop_gpu.py", "openvino_npu.py", "video.py", "squats.py"])
def test_what_cannot_be_read_is_one_line(name, run, tmp_path):
    (tmp_path / "text.jpg").write_text("hello\n" * 100)
    for given in ("nothing.jpg", "text.jpg"):
        done = run(name, given)
        assert done.returncode == 1 and done.stderr.startswith("Error: ") and len(done.stderr.splitlines()) == 1, done.stderr


def test_what_cannot_be_written_is_no_success(run, tmp_path):
    (tmp_path / "file").write_text("")
    done = run("quickstart.py", PHOTO, "--out", "file/x.png")
    assert done.returncode == 1 and done.stderr.startswith("Error: cannot write file/x.png") and "wrote" not in done.stdout
