"""`sspnet-sdk predict` on pictures and folders."""

import json
import shutil

import cv2
import numpy as np
import pytest
from command_line import FAST, PHOTO

from sspnet_sdk.bundle import open_bundle

# A JPEG segment: EXIF, big-endian, one tag: orientation 6 (turn right to see it upright).
TURN_RIGHT = b"\xff\xe1\x00\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def test_a_photo_becomes_an_overlay_beside_nothing_else(run, tmp_path):
    done = run("predict", PHOTO, *FAST)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "wrote 000000234748.pose.jpg" in done.stderr
    (overlay,) = tmp_path.iterdir()
    photo, drawn = cv2.imread(str(PHOTO)), cv2.imread(str(overlay))
    assert drawn.shape == photo.shape
    assert (np.abs(drawn.astype(int) - photo).max(axis=2) > 60).mean() > 0.02


def test_json_on_standard_output_is_all_that_is_there(run, tmp_path):
    done = run("predict", PHOTO, "--json", "-", *FAST)
    (record,) = map(json.loads, done.stdout.splitlines())
    keypoints = np.array(record["people"][0]["keypoints"])
    assert keypoints.shape == (len(record["people"][0]["confidence"]), 2)
    assert (keypoints[:, 0] > 200).all() and (keypoints[:, 0] < 450).all()  # where the man leans
    assert record["people"][0]["cut"] == 2
    assert list(tmp_path.iterdir()) == []


def test_every_format_at_once(run, tmp_path):
    names = {"--out": "o.png", "--json": "o.jsonl", "--csv": "o.csv", "--coco": "o.json", "--trc": "o.trc", "--bvh": "o.bvh"}
    done = run("predict", PHOTO, *(part for pair in names.items() for part in pair), "--openpose", "openpose", *FAST)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names.values(), "openpose"])


def test_in_a_folder_bad_files_get_one_line_each_and_the_others_go_on(run, tmp_path):
    folder = tmp_path / "my photos ü"
    folder.mkdir()
    shutil.copy(PHOTO, folder / "a b.jpg")
    shutil.copy(PHOTO, folder / "z.jpg")
    (folder / "broken.jpg").write_bytes(PHOTO.read_bytes()[:2000])
    (folder / "text.png").write_text("no picture")
    (folder / "notes.txt").write_text("ignored")
    done = run("predict", folder, "--out", tmp_path / "out", "--json", tmp_path / "all.jsonl", *FAST)
    assert done.returncode == 1
    complaints = [line for line in done.stderr.splitlines() if line.startswith("Error")]
    assert len(complaints) == 2
    assert "broken.jpg" in complaints[0] and "text.png" in complaints[1]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a b.jpg", "z.jpg"]
    assert len((tmp_path / "all.jsonl").read_text().splitlines()) == 2


def test_several_pictures_by_name(run, tmp_path):
    for name in ("a.jpg", "b.jpg"):
        shutil.copy(PHOTO, tmp_path / name)
    done = run("predict", "a.jpg", "b.jpg", "--csv", "-", *FAST)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1 + 2 * 28


def test_boxes_say_who(run):
    done = run("predict", PHOTO, "--json", "-", "--box", "273,130,110,254", "--box", "60,130,110,254", *FAST)
    (record,) = map(json.loads, done.stdout.splitlines())
    assert [person["box"] for person in record["people"]] == [[273, 130, 110, 254], [60, 130, 110, 254]]


def test_everybody_is_written_and_nobody_where_nobody_is(run, tmp_path):
    three = PHOTO.with_name("000000000790.jpg")
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((480, 640, 3), 90, np.uint8))
    done = run("predict", three, "wall.png", "--json", "-", *FAST)
    everybody, nobody = map(json.loads, done.stdout.splitlines())
    assert len(everybody["people"]) >= 2 and nobody["people"] == []
    one = json.loads(run("predict", three, "--people", "1", "--json", "-", *FAST).stdout)
    assert one["people"][0]["box"] == everybody["people"][0]["box"] and len(one["people"]) == 1
    guess = json.loads(run("predict", "wall.png", "--keep-unsure", "--json", "-", *FAST).stdout)
    assert [person["unsure"] for person in guess["people"]] == [True]


def test_the_orientation_that_a_phone_writes_is_respected(run, tmp_path):
    upright = cv2.imread(str(PHOTO))
    _, content = cv2.imencode(".jpg", cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE))
    (tmp_path / "phone.jpg").write_bytes(content.tobytes()[:2] + TURN_RIGHT + content.tobytes()[2:])
    done = run("predict", "phone.jpg", "--out", "o.png", "--json", "-", *FAST)
    record = json.loads(done.stdout)
    assert (record["width"], record["height"]) == upright.shape[1::-1]
    assert cv2.imread(str(tmp_path / "o.png")).shape == upright.shape


def test_the_input_is_never_overwritten(run, tmp_path):
    shutil.copy(PHOTO, tmp_path / "a.jpg")
    for arguments in (
        ["a.jpg", "--out", "a.jpg"],
        ["a.jpg", "--out", "./sub/../a.jpg"],
        ["a.jpg", "--json", "a.jpg"],
        [".", "--out", "."],
    ):
        done = run("predict", *arguments, *FAST)
        assert done.returncode == 2, arguments
        assert "would be overwritten" in done.stderr
    assert (tmp_path / "a.jpg").read_bytes() == PHOTO.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["none.jpg"], 3, "there is no file none.jpg"),
        (["{empty}"], 3, "holds no pictures"),
        (["{photo}", "--box", "1,2,3"], 2, "x,y,w,h"),
        (["{photo}", "--box", "9000,1,10,10"], 2, "outside the image"),
        (["{photo}", "--cut", "3"], 2, "cut must be one of"),
        (["{photo}", "--target-fps", "-1"], 2, "target_fps must be"),
        (["{photo}", "--people", "0"], 2, "--people"),
        (["{photo}", "--out", "o.mp4"], 2, ".jpg"),
        (["{photo}", "--json", "-", "--csv", "-"], 2, "standard output"),
        (["{photo}", "--rigid", "--csv", "-"], 2, "--rigid goes with --trc or --bvh"),
        (["{photo}", "--trc-units", "mm"], 2, "--trc-units goes with --trc:"),
        (["{photo}", "--layout", "coco_17"], 2, "--layout goes with --openpose or --coco"),
        (["{photo}", "--sound", "--csv", "-"], 2, "--sound goes with --out"),
        ([""], 3, "there is no file ''"),
        (["{photo}", "--out", "-"], 2, "--out -: only --json and --csv go to standard output"),
        (["{photo}", "--parquet", "-"], 2, "--parquet -: only --json and --csv go to standard output"),
        (["{photo}", "--input-fps", "0"], 2, "'--input-fps': 0.0 is not in the range x>0"),
        (["{photo}", "--bundle", "none"], 4, "no such folder"),
        (["97"], 3, "camera 97"),
        ([], 2, "SOURCE"),
    ],
)
def test_mistakes_get_one_line_and_a_code(run, tmp_path, arguments, code, words):
    (tmp_path / "empty").mkdir()
    done = run("predict", *(part.format(photo=PHOTO, empty=tmp_path / "empty") for part in arguments))
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]


def test_a_camera_needs_a_bundle_that_tells_distances_and_four_numbers(run):
    done = run("predict", PHOTO, "--camera", "600,600,320,240", "--json", "-", *FAST)
    if "root_depth" in open_bundle().manifest:
        (record,) = map(json.loads, done.stdout.splitlines())
        assert 500 < record["people"][0]["joints3d_camera"][0][2] < 50_000
    else:
        assert done.returncode == 2 and "cannot tell how far away people are" in done.stderr
    assert "is not a camera: give fx,fy,cx,cy" in run("predict", PHOTO, "--camera", "600,600,320", *FAST).stderr
