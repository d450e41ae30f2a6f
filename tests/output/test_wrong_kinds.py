"""What is no estimator, frame, path or list is refused in one line of our own, wherever a program may pass it."""

import numpy as np
import pytest
from made_people import make_pose

from sspnet_sdk import (
    Estimator,
    Frame,
    OptionError,
    Overlay,
    OverlayVideo,
    Person,
    PoseSmoother,
    SSPNetError,
    Tracker,
    VideoFile,
    open_writer,
    read_picture,
    render_inset,
    stream,
    write_image,
)
from sspnet_sdk.formats import FORMATS

GREY = np.full((48, 64, 3), 128, np.uint8)


@pytest.mark.parametrize("something", [None, 5, "edge", Estimator], ids=str)
def test_what_is_no_estimator(something):
    for use in (lambda: Tracker(something), lambda: stream([GREY], something)):
        with pytest.raises(OptionError, match=r"expected an estimator, such as Estimator\(\), not "):
            use()


@pytest.mark.parametrize("something", [None, 5, "120,40,200,480"])
def test_boxes_that_are_no_list(estimator, something):
    with pytest.raises(OptionError, match=r"boxes must be a list of \(x, y, w, h\), not "):
        Tracker(estimator, boxes=something)


@pytest.mark.parametrize("something", [["coco"], GREY, {}], ids=["list", "array", "dict"])
def test_words_that_are_none(estimator, tmp_path, something):
    uses = (
        lambda: open_writer(something, tmp_path / "a"),
        lambda: open_writer("csv", tmp_path / "a", layout=something),
        lambda: open_writer("trc", tmp_path / "a", units=something),
        lambda: open_writer("trc", tmp_path / "a", floor=something),
        lambda: stream([GREY], estimator, live=something),
    )
    for use in uses:
        with pytest.raises(OptionError, match=r"^(unknown (format|layout|unit)|the floor is|live must be) "):
            use()


@pytest.mark.parametrize("something", [None, 5, GREY], ids=["None", "5", "array"])
def test_what_is_no_frame(tmp_path, something):
    writers = [open_writer(name, tmp_path / name, keep_unsure=keep) for name in ("json", "trc") for keep in (True, False)]
    for write in (*(writer.write for writer in writers), OverlayVideo(tmp_path / "a.mp4", 30).write, Overlay().draw_frame):
        with pytest.raises(OptionError, match="expected a Frame, as stream gives them, not "):
            write(something)


@pytest.mark.parametrize("something", [None, 5, b"a.mp4"])
def test_what_is_no_path(something):
    uses = (
        lambda: open_writer("csv", something),
        lambda: VideoFile(something, 30),
        lambda: OverlayVideo(something, 30),
        lambda: read_picture(something),
        lambda: write_image(something, GREY),
    )
    for use in uses:
        with pytest.raises(OptionError, match=r"^a file is named by a path, not by (NoneType|int|bytes)$"):
            use()


@pytest.mark.parametrize("fps", [1e-300, 1e-6, 999_999])
def test_a_video_at_a_rate_that_no_file_holds(tmp_path, fps):
    for suffix in ("mp4", "webm", "mkv", "avi"):
        with pytest.raises(OptionError, match=rf"a\.{suffix}: a video has 0\.0001 to 900000 frames per second, not "):
            VideoFile(tmp_path / f"a.{suffix}", fps)
    assert not list(tmp_path.iterdir())


def test_an_inset_of_what_are_no_poses():
    with pytest.raises(OptionError, match="expected a Pose or a list of them, not int"):
        render_inset([5], GREY[:, :48])


@pytest.mark.parametrize("background", [None, "black", GREY, GREY[:, :48, 0], GREY[:0, :0], GREY[:, :48] / 255.0], ids=str)
def test_an_inset_over_what_is_no_square_picture(background):
    with pytest.raises(OptionError, match=r"background of an inset is a square picture, \(S, S, 3\) uint8, not "):
        render_inset([make_pose()], background)


@pytest.mark.parametrize("something", [None, 5, [make_pose()]], ids=["None", "5", "list"])
def test_what_is_no_pose_is_not_smoothed(something):
    with pytest.raises(OptionError, match="expected a Pose, not "):
        PoseSmoother()(something, 0.0)


@pytest.mark.parametrize("time_s", [None, "0", float("nan"), float("inf")])
def test_a_pose_is_not_smoothed_at_what_is_no_time(time_s):
    with pytest.raises(OptionError, match="time_s must be seconds, not "):
        PoseSmoother()(make_pose(), time_s)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("end", ["close", "discard"])
def test_a_writer_that_has_ended_takes_no_more_and_leaves_its_file_as_it_is(tmp_path, name, end):
    frame = Frame(GREY, "a.png", 0, None, (Person(1, make_pose()),))
    writer = open_writer(name, tmp_path / f"out.{name}")
    writer.write(frame)
    getattr(writer, end)()
    there = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert there or end == "discard"
    with pytest.raises(SSPNetError, match=rf"out\.{name} is closed: a new writer would replace it$"):
        writer.write(frame)
    writer.close()
    writer.discard()
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == there


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("part", ["keypoints", "joints3d"])
def test_a_pose_that_is_not_finite_is_refused_where_numbers_are_needed(tmp_path, name, part):
    broken = make_pose()
    getattr(broken, part)[3, 1] = np.nan
    writer = open_writer(name, tmp_path / f"out.{name}")
    writer.write(Frame(GREY, "a.mp4", 0, 0.0, (Person(1, make_pose()),)))
    frame = Frame(GREY, "a.mp4", 1, 0.04, (Person(1, broken),))
    needed = {"keypoints": ("json", "coco", "openpose"), "joints3d": ("json", "bvh")}
    if name in needed[part]:
        with pytest.raises(OptionError, match=rf"^a\.mp4, frame 1: {part} of person 1 are not finite"):
            writer.write(frame)
    else:
        writer.write(frame)
    writer.write(Frame(GREY, "a.mp4", 2, 0.08, (Person(1, make_pose()),)))
    writer.close()
    assert all(path.exists() for path in writer.files) and writer.files
