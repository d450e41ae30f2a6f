"""`sspnet-sdk predict` on videos: complete files, whatever ends the run."""

import http.server
import json
import os
import resource
import signal
import subprocess
import threading
import time

import cv2
import numpy as np
import pytest
from command_line import FAST, PHOTO

from sspnet_sdk.capture import Capture
from sspnet_sdk.poses.stature import stature_mm


def _frames(path):
    capture, count = cv2.VideoCapture(str(path)), 0
    while capture.read()[0]:
        count += 1
    return count


def test_a_video_becomes_an_overlay_video_and_files(run, video, tmp_path):
    done = run("predict", video, "--out", "over lay.mp4", "--json", "w.jsonl", "--trc", "w.trc", "--bvh", "w.bvh", *FAST)
    assert done.returncode == 0, done.stderr
    assert _frames(tmp_path / "over lay.mp4") == 40
    records = [json.loads(line) for line in (tmp_path / "w.jsonl").read_text().splitlines()]
    assert [record["frame"] for record in records] == list(range(40))
    assert records[20]["time_s"] == pytest.approx(1.0, abs=0.01)
    assert "NumFrames" in (tmp_path / "w.trc").read_text()
    assert "Frames: 40" in (tmp_path / "w.bvh").read_text()
    assert "40 frames" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["over lay.mp4", "w.bvh", "w.jsonl", "w.trc"]


def test_every_file_that_was_written_is_named(run, video, tmp_path):
    targets = [
        "--trc",
        "w.trc",
        "--bvh",
        "w.bvh",
        "--parquet",
        "w.parquet",
        "--openpose",
        "op",
        "--layout",
        "halpe_26",
        "--csv",
        "w.csv",
    ]
    done = run("predict", video, "--box", "170,130,110,254", *targets, *FAST)
    assert done.returncode == 0, done.stderr
    named = {line.removeprefix("wrote ") for line in done.stderr.splitlines() if line.startswith("wrote ")}
    assert named == {path.name for path in tmp_path.iterdir()} >= {"w.trc", "w.bvh", "w.parquet", "w.csv", "op"}
    (person,) = json.loads(next((tmp_path / "op").iterdir()).read_text())["people"]
    assert len(person["pose_keypoints_2d"]) == 3 * 26


def test_a_known_height_sets_the_millimetres(run, video):
    small, tall = (
        json.loads(run("predict", video, "--height", height, "--json", "-", *FAST).stdout.splitlines()[5])["people"][0]
        for height in (1000, 2000)
    )
    assert small["keypoints"] == tall["keypoints"]
    assert tall["joints3d"][10][1] == pytest.approx(2 * small["joints3d"][10][1], abs=0.2)
    done = run("predict", video, "--height", "1.75", *FAST)
    assert done.returncode == 2 and "height in millimetres, such as 1750" in done.stderr


def test_a_known_height_gives_one_steady_size_in_a_video(run, video):
    command = ("predict", video, "--people", "1", "--json", "-", *FAST)
    plain, tall = _joints_mm(run(*command)), _joints_mm(run(*command, "--height", "1750"))
    usual = np.cumsum([stature_mm(joints) for joints in plain]) / np.arange(1, len(plain) + 1)
    assert np.ptp(usual) > 2.0 and len(plain) > 5
    np.testing.assert_allclose(tall, plain * (1750 / usual)[:, None, None], atol=0.2)


def _joints_mm(done):
    """(T, J, 3) of the only person in JSON lines."""
    return np.array([person["joints3d"] for line in done.stdout.splitlines() for person in json.loads(line)["people"]])


def test_trc_in_pixels(run, video, tmp_path):
    done = run("predict", video, "--people", "1", "--trc", "w_px.trc", "--trc-units", "px", *FAST)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "w_px.trc").read_text().splitlines()
    assert lines[2].split("\t")[4] == "px" and len(lines) == 6 + 40


def test_without_out_the_overlay_has_the_videos_name(run, video, tmp_path):
    assert run("predict", video, *FAST).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a walk ü.pose.mp4"]


@pytest.fixture(scope="module")
def long_video(video, tmp_path_factory):
    """The short video again and again: long enough to be interrupted."""
    path = tmp_path_factory.mktemp("long") / "long.mp4"
    capture = cv2.VideoCapture(str(video))
    images = [capture.read()[1] for _ in range(40)]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 20, images[0].shape[1::-1])
    for _ in range(60):
        for image in images:
            writer.write(image)
    writer.release()
    return path


def _staged_bytes(folder):
    return sum(path.stat().st_size for path in folder.glob(".*.part*"))


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_completes_the_files_with_what_was_done(command_line, environment, long_video, tmp_path, sign):
    (tmp_path / "o").mkdir()
    arguments = ["predict", str(long_video), "--out", "o/o.mp4", "--json", "o/o.jsonl", "--bvh", "o/o.bvh", *FAST]

    def heed():
        signal.signal(sign, signal.SIG_DFL)  # whoever started the tests may ignore it

    process = subprocess.Popen(
        [*command_line, *arguments], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=heed
    )
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline and _staged_bytes(tmp_path / "o") < 20_000:
        time.sleep(0.05)
    process.send_signal(sign)
    _, complaints = process.communicate(timeout=60)
    assert process.returncode == 130, complaints
    assert "interrupted" in complaints
    done = _frames(tmp_path / "o" / "o.mp4")
    assert 0 < done < 2400
    assert len((tmp_path / "o" / "o.jsonl").read_text().splitlines()) == done
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["o.bvh", "o.jsonl", "o.mp4"]


def test_a_disk_that_takes_no_more_is_one_line_and_leaves_nothing(run, video, tmp_path):
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = run("predict", video, "--json", "w.jsonl", *FAST, "--smoothing", "0.2", preexec_fn=small_files)
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if "Error" in line] == ["Error: cannot write w.jsonl: file too large"]
    done = run("predict", video, "--out", "w.mp4", *FAST, preexec_fn=small_files)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "Error" in line]
    assert line.startswith("Error: cannot write w.mp4")
    assert list(tmp_path.iterdir()) == []


def test_every_file_that_could_not_be_written_is_named(run, video, tmp_path):
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    done = run("predict", video, "--trc", "w.trc", "--bvh", "w.bvh", *FAST, preexec_fn=small_files)
    assert done.returncode == 1 and list(tmp_path.iterdir()) == []
    errors = [line for line in done.stderr.splitlines() if "Error" in line]
    assert errors == ["Error: cannot write w.trc: file too large", "Error: cannot write w.bvh: file too large"]


@pytest.mark.parametrize(("option", "suffix"), [("--out", "mp4"), ("--parquet", "parquet"), ("--rerun", "rrd")])
def test_what_cannot_be_written_is_said_before_the_work(run, video, option, suffix):
    pytest.importorskip({"rrd": "rerun", "parquet": "pyarrow"}.get(suffix, "av"))
    done = run("predict", video, option, f"/proc/w.{suffix}", *FAST)
    assert (done.returncode, done.stderr) == (1, f"Error: cannot write /proc/w.{suffix}: no such file or directory\n")


def test_a_full_device_on_standard_output_is_one_line(run, video):
    with open("/dev/full", "w") as full:
        done = run("predict", video, "--json", "-", *FAST, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert "Error: cannot write -: no space left on device" in done.stderr


def test_a_reader_that_has_enough_ends_the_run_quietly(command_line, environment, video, tmp_path):
    process = subprocess.Popen(
        [*command_line, "predict", str(video), "--json", "-", "--csv", "w.csv", *FAST],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert json.loads(process.stdout.readline())["frame"] == 0
    process.stdout.close()
    complaints = process.stderr.read().decode()
    assert process.wait(60) == 0, complaints
    assert "Error" not in complaints and "Traceback" not in complaints
    assert (tmp_path / "w.csv").read_text().count("\n") > 17


def test_a_pipe_is_written_as_it_stands(run, video, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", "pipe"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as reader:
        assert run("predict", video, "--json", "pipe", *FAST).returncode == 0
        assert len(reader.stdout.read().splitlines()) == 40
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty, not a video"),
        ("Häuser\n".encode(), "a text file, not a video"),
        (b"\0\xff" * 40, "not a video that FFmpeg can decode, or it is damaged"),
    ],
)
def test_what_is_no_video_is_one_line(run, tmp_path, content, what):
    (tmp_path / "bad.mp4").write_bytes(content)
    done = run("predict", "bad.mp4", *FAST)
    assert done.returncode == 3
    assert done.stderr.splitlines() == [f"Error: bad.mp4 is {what}"]


class _Camera(http.server.BaseHTTPRequestHandler):
    """A network camera: motion JPEG, for as long as somebody looks, 8 seconds at most."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        image = cv2.imencode(".jpg", cv2.imread(str(PHOTO)))[1].tobytes()
        for _ in range(240):
            try:
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(image), image))
            except OSError:
                return
            time.sleep(1 / 30)

    def log_message(self, *_):
        pass


def test_a_network_camera_is_followed_and_recorded_at_the_speed_of_time(run, tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Camera)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}/live.mjpg"
        done = run("predict", address, "--json", "-", "--out", "o.mp4", *FAST)
    finally:
        server.shutdown()
        server.server_close()
    assert done.returncode == 3, done.stderr  # it went away, which a live stream does not do by itself
    assert done.stderr.splitlines()[-1].startswith(f"Error: {address} broke after ")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) > 3
    assert {record["source"] for record in records} == {address}
    indices = [record["frame"] for record in records]
    assert indices == sorted(set(indices))
    times = [shot.time_s for shot in Capture(tmp_path / "o.mp4")]
    assert times == pytest.approx([record["time_s"] - records[0]["time_s"] for record in records], abs=1e-3)
