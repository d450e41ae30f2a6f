"""Cameras by file name, and GStreamer pipelines, which cameras on a Jetson need."""

import cv2
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
