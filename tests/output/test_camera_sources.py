"""Cameras by file name, and GStreamer pipelines, which cameras on a Jetson need."""

import cv2
import numpy as np
import pytest

from sspnet_sdk import ImageError
from sspnet_sdk.capture import Capture, camera_number

TEST_PICTURE = "videotestsrc num-buffers=3 ! video/x-raw,width=320,height=240 ! videoconvert ! video/x-raw,format=BGR ! appsink"


def test_a_pipeline_gives_frames_or_says_that_this_opencv_has_no_gstreamer():
    if cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
        with Capture(TEST_PICTURE) as capture:
            assert capture.live and [shot.image.shape for shot in capture] == [(240, 320, 3)] * 3
    else:
        with pytest.raises(ImageError, match=r"built without GStreamer.*python3-opencv"):
            Capture(TEST_PICTURE)


def test_a_camera_may_be_named_by_its_file():
    assert [camera_number(source) for source in (0, "1", "/dev/video99", "walk.mp4", "/dev/videos")] == [0, 1, 99, None, None]


def test_a_camera_that_is_not_there_is_one_line_and_nothing_else(capfd):
    with pytest.raises(ImageError, match="camera 77 does not open"):
        Capture(77)
    assert capfd.readouterr().err == ""


def test_a_camera_whose_driver_gives_no_picture_broke_after_its_frames(monkeypatch):
    """V4L2 hands on an empty buffer where a camera is pulled out, and OpenCV's JPEG decoder refuses it."""

    class PulledOut:
        def __init__(self, _):
            self._left = 3

        isOpened, set, get, release = (lambda *_: True), (lambda *_: True), (lambda *_: 0.0), (lambda *_: None)

        def read(self):
            self._left -= 1
            return True, cv2.imdecode(np.zeros(0, np.uint8), 1) if self._left < 0 else np.zeros((48, 64, 3), np.uint8)

    monkeypatch.setattr(cv2, "VideoCapture", PulledOut)
    with Capture(0) as source, pytest.raises(ImageError, match=r"^camera0 broke after 3 frames .*OpenCV cannot read on: "):
        list(source)
