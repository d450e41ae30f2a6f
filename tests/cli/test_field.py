"""`sspnet-sdk` as it meets the field: other sides that go away, odd names, several sources, broken streams."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import subprocess
import threading
import time

import cv2
import numpy as np
import pytest
from command_line import FAST, PHOTO

from sspnet_sdk.capture import Capture


@pytest.fixture(scope="module")
def clip(tmp_path_factory, write_clip):
    """Half a second."""
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 10)


def test_a_reader_of_standard_error_that_goes_away_changes_nothing(command_line, environment, clip, tmp_path):
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*command_line, "predict", str(clip), "--json", "w.jsonl", "--out", "w.mp4", *FAST],
        cwd=tmp_path,
        env=environment,
        stderr=writing,
    )
    os.close(writing)
    os.close(reading)
    assert process.wait(120) == 0
    assert len((tmp_path / "w.jsonl").read_text().splitlines()) == 10
    assert len(list(Capture(tmp_path / "w.mp4"))) == 10


def test_a_standard_error_that_is_closed_from_the_start_changes_nothing(run, clip, tmp_path):
    done = run("predict", clip, "--json", "w.jsonl", *FAST, preexec_fn=lambda: os.close(2))
    assert done.returncode == 0 and done.stderr == ""
    records = [json.loads(line) for line in (tmp_path / "w.jsonl").read_text().splitlines()]
    assert len(records) == 10


def test_ignored_signals_stay_ignored(command_line, environment, clip, tmp_path):
    process = subprocess.Popen(
        [*command_line, "predict", str(clip), "--json", "w.jsonl", *FAST], cwd=tmp_path, env=environment, stderr=subprocess.PIPE,
        preexec_fn=lambda: [signal.signal(sign, signal.SIG_IGN) for sign in (signal.SIGINT, signal.SIGHUP)],
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline and not list(tmp_path.glob(".*.part.jsonl")):
        time.sleep(0.02)
    for sign in (signal.SIGINT, signal.SIGHUP):
        process.send_signal(sign)
    assert process.wait(120) == 0, process.stderr.read()
    assert len((tmp_path / "w.jsonl").read_text().splitlines()) == 10


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_of_other_encodings_go_in_and_out(run, environment, clip, tmp_path, locale):
    name = os.fsdecode(b"caf\xe9: go!.mp4")
    shutil.copy(clip, tmp_path / name)
    stem = os.fsdecode(b"caf\xe9")
    done = run(
        "predict", name, "--out", f"{stem}.o.mp4", "--json", f"{stem}.jsonl", "--csv", f"{stem}.csv", *FAST,
        env={**environment, "LC_ALL": locale}, text=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(list(Capture(tmp_path / f"{stem}.o.mp4"))) == 10
    assert json.loads((tmp_path / f"{stem}.jsonl").read_text("utf-8").splitlines()[0])["source"] == "caf�: go!.mp4"
    assert (tmp_path / f"{stem}.csv").read_text("utf-8").count("\n") > 17


def test_names_that_are_too_long_are_one_line(run, clip):
    for arguments in (["a" * 300 + ".mp4"], [clip, "--out", "a" * 300 + ".mp4"], [clip, "--json", "a" * 300 + ".jsonl"]):
        done = run("predict", *arguments, *FAST)
        assert done.returncode in (1, 3) and "too long" in done.stderr and "Traceback" not in done.stderr


def test_a_folder_is_looked_at_whole_and_what_is_skipped_is_named(run, clip, tmp_path):
    folder = tmp_path / "mixed"
    (folder / "deeper").mkdir(parents=True)
    shutil.copy(PHOTO, folder / "photo without suffix")
    shutil.copy(clip, folder / "clip.jpg")  # a video, whatever it is called
    (folder / "notes.txt").write_text("nothing to see")
    (folder / "broken.heic").write_bytes(b"\0\0\0\x18ftypheic" + b"\0" * 40)
    done = run("predict", folder, "--out", "o", "--json", "j", *FAST)
    assert done.returncode == 1
    assert "skipped 2 that are neither pictures nor videos: deeper/, notes.txt" in done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("Error") and "broken.heic" in line]
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["clip.mp4", "photo without suffix.png"]
    assert len((tmp_path / "j" / "clip.jsonl").read_text().splitlines()) == 10
    assert len((tmp_path / "j" / "pictures.jsonl").read_text().splitlines()) == 1


def test_several_videos_get_files_of_their_own(run, clip, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(clip, tmp_path / folder / "1.mp4")
    done = run("predict", "a/1.mp4", "b/1.mp4", "--out", "o", "--trc", "t", *FAST)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "o").iterdir()) == ["1-2.mp4", "1.mp4"]
    assert {path.name for path in (tmp_path / "t").iterdir()} == {"1-2.trc", "1.trc"}
    refused = run("predict", "a/1.mp4", "b/1.mp4", "--json", "all.jsonl", *FAST)
    assert refused.returncode == 2 and "several sources need a folder" in refused.stderr


def test_two_pictures_never_write_one_file(run, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        shutil.copy(PHOTO, tmp_path / folder / "1.jpg")
    done = run("predict", "a/1.jpg", "b/1.jpg", "--openpose", "o", "--coco", "c.json", "--out", "d", *FAST)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "o").iterdir())) == len(list((tmp_path / "d").iterdir())) == 2
    assert len({row["image_id"] for row in json.loads((tmp_path / "c.json").read_text())}) == 2


def test_frames_in_a_folder_and_a_video_on_standard_input(run, clip, tmp_path):
    (tmp_path / "frames").mkdir()
    for number, shot in enumerate(Capture(clip), start=1):
        cv2.imwrite(str(tmp_path / "frames" / f"{number}.png"), shot.image)
    done = run("predict", "frames", "--as-video", "--input-fps", "10", "--json", "f.jsonl", *FAST)
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in (tmp_path / "f.jsonl").read_text().splitlines()]
    assert [record["time_s"] for record in records] == pytest.approx([0.1 * n for n in range(10)])
    with clip.open("rb") as file:
        done = run("predict", "-", "--json", "-", *FAST, stdin=file)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 10, done.stderr


def test_an_output_that_fails_does_not_take_the_others_along(run, clip, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["head", "-c", "10", "pipe"], cwd=tmp_path, stdout=subprocess.DEVNULL)
    done = run("predict", clip, "--json", "pipe", "--csv", "w.csv", *FAST)
    reader.wait(30)
    assert done.returncode == 1 and "Error: cannot write pipe" in done.stderr
    frames = {line.split(",")[1] for line in (tmp_path / "w.csv").read_text().splitlines()[1:]}
    assert frames == {str(number) for number in range(10)}


class _Stalling(http.server.BaseHTTPRequestHandler):
    """A network camera that sends a few pictures and then breaks off."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        image = cv2.imencode(".jpg", cv2.imread(str(PHOTO)))[1].tobytes()
        for _ in range(30):
            self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n" % (len(image), image))
            time.sleep(0.01)

    def log_message(self, *_):
        pass


def test_a_stream_that_breaks_is_tried_again_and_says_so(run, tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Stalling)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/live.mjpg"
    closing = threading.Timer(6, lambda: (server.shutdown(), server.server_close()))
    closing.start()
    done = run("predict", address, "--json", "w.jsonl", "--reconnect", "2", *FAST)
    closing.join()
    assert done.returncode == 3
    assert f"{address} is back" in done.stderr and "was not back within 2 s" in done.stderr
    assert len((tmp_path / "w.jsonl").read_text().splitlines()) > 2


def test_info_on_a_full_disk_is_one_line(run):
    with open("/dev/full", "w") as full:
        done = run("info", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["Error: cannot write -: no space left on device"]


def test_info_fits_the_terminal_and_is_json_by_option(run, environment):
    narrow = run("info", env={**environment, "COLUMNS": "80"})
    prose = [line for line in narrow.stdout.splitlines() if not line.startswith("bundle")]
    assert max(len(line) for line in prose if len(line.split()) > 1) <= 80  # a long path alone is in nobody's hand
    found = json.loads(run("info", "--json").stdout)
    assert {point["cut"] for point in found["bundle"]["points"]} == {2, 4, 8}
    assert f"joints   {len(found['bundle']['joints'])}: the body" in narrow.stdout
    assert found["default"]["backend"].split(":")[0] in {backend["name"] for backend in found["backends"]}


def test_the_demo_needs_no_file_of_ones_own(run, tmp_path):
    done = run("demo")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "sspnet-demo"
    assert {"walk.mp4", "walk.jsonl", "walk.bvh"} <= {path.name for path in folder.iterdir()}
    records = [json.loads(line) for line in (folder / "walk.jsonl").read_text().splitlines()]
    assert len(records) == len(list(Capture(folder / "walk.mp4"))) > 20
    assert sum(len(record["people"]) >= 1 for record in records) > 0.9 * len(records)


@pytest.mark.parametrize("arguments", [("info",), ("--help",), ("predict", "--help")], ids=" ".join)
@pytest.mark.parametrize("where", [">&-", ">/dev/full"])
def test_an_output_that_cannot_be_written_is_no_success(arguments, where, command_line, environment):
    call = f'"$@" {where}'
    result = subprocess.run(["sh", "-c", call, "sh", *command_line, *arguments], env=environment, capture_output=True, text=True)
    why = "standard output is closed" if where == ">&-" else "no space left on device"
    assert (result.returncode, result.stderr) == (1, f"Error: cannot write -: {why}\n")


def test_a_folder_that_is_gone_and_links_in_a_circle_are_one_line(run, command_line, environment, tmp_path):
    gone = 'mkdir gone && cd gone && rmdir ../gone && "$@"'
    result = subprocess.run(
        ["sh", "-c", gone, "sh", *command_line, "predict", "photo.jpg"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr) == (3, "Error: there is no file photo.jpg\n")
    (tmp_path / "a.jpg").symlink_to("b.jpg")
    (tmp_path / "b.jpg").symlink_to("a.jpg")
    done = run("predict", "a.jpg")
    assert (done.returncode, done.stderr) == (3, "Error: cannot read 'a.jpg': too many levels of symbolic links\n")


def test_a_file_that_nobody_is_in_is_not_written_and_that_is_said(run, tmp_path):
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((120, 160, 3), 128, np.uint8))
    done = run("predict", "grey.png", "--trc", "w.trc", "--json", "w.jsonl", *FAST)
    assert done.returncode == 0 and "w.trc was not written: nobody was found" in done.stderr and "wrote w.jsonl" in done.stderr


def test_a_disk_that_fills_up_leaves_nothing_half_written(command_line, environment, tmp_path):
    pytest.importorskip("pyarrow")
    names = {"--json": "w.jsonl", "--csv": "w.csv", "--parquet": "w.parquet", "--coco": "w.json", "--out": "w.jpg"}
    call = [*command_line, "predict", PHOTO, *FAST, *(part for pair in names.items() for part in pair)]
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 1; "$@"', "sh", *map(str, call)], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert {line.split(":")[0] for line in done.stderr.splitlines()} == {"Error"} and not list(tmp_path.iterdir())


def test_a_picture_on_standard_input_becomes_a_picture_and_a_video_does_not(run, clip, tmp_path):
    with PHOTO.open("rb") as file:
        done = run("predict", "-", "--out", "pose.png", *FAST, stdin=file)
    assert (done.returncode, cv2.imread(str(tmp_path / "pose.png")).shape) == (0, cv2.imread(str(PHOTO)).shape), done.stderr
    with clip.open("rb") as file:
        done = run("predict", "-", "--out", "clip.png", *FAST, stdin=file)
    assert done.returncode == 2 and "clip.png holds one picture, and stdin gives more: name a video" in done.stderr
    assert not (tmp_path / "clip.png").exists()
