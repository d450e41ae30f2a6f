"""What is no estimator, frame, path or list is refused in one line of our own, wherever a program may pass it."""

import numpy as np
import pytest

from sspnet_sdk import (
    Estimator,
    OptionError,
    Overlay,
    OverlayVideo,
    Tracker,
    VideoFile,
    open_writer,
    read_picture,
    render_inset,
    stream,
    write_image,
)

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


def test_an_inset_of_what_are_no_poses():
    with pytest.raises(OptionError, match="expected a Pose or a list of them, not int"):
        render_inset([5], GREY[:, :48])
