"""Sources that can be read once only: pipes, standard input, what a shell's <(...) gives."""

import os
import sys
import threading

import cv2
import numpy as np
import pytest
from noise_video import noise_video

from sspnet_sdk import ImageError
from sspnet_sdk.capture import Capture
from sspnet_sdk.images.file_kind import file_kind
from sspnet_sdk.images.image import open_image

av = pytest.importorskip("av")
Image = pytest.importorskip("PIL.Image", reason="pillow writes the pictures of these tests")

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")


@pytest.fixture
def pipe(tmp_path):
    """Give content into a named pipe; its path."""
    writers = []

    def through(content, name="pipe"):
        path = tmp_path / name
        os.mkfifo(path)
        writers.append(threading.Thread(target=lambda: path.write_bytes(content), daemon=True))
        writers[-1].start()
        return path

    yield through
    for writer in writers:
        writer.join(5)
        assert not writer.is_alive()


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts", ".mjpeg", ".y4m"])
def test_all_of_a_video_comes_through_a_pipe(suffix, pipe, tmp_path):
    codec = {".mjpeg": "mjpeg", ".y4m": "rawvideo"}.get(suffix, "libx264")
    with Capture(pipe(noise_video(tmp_path / f"a{suffix}", codec))) as capture:
        assert len(list(capture)) == 90 and capture.damage == ""


def test_looking_at_a_pipe_takes_nothing_away(tmp_path):
    os.mkfifo(tmp_path / "photo.jpg")
    assert file_kind(tmp_path / "photo.jpg") == "other"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_through_a_pipe_is_shown_the_right_way_up(kind, pipe, tmp_path):
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[:24] = 255
    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(pixels).save(tmp_path / "a", kind, exif=exif)
    (shot,) = Capture(pipe((tmp_path / "a").read_bytes()))
    assert shot.image.shape == (64, 48, 3) and shot.image[:, 40:].mean() > 200 and shot.image[:, :8].mean() < 50


@pytest.mark.parametrize("suffix", [".y4m", ".mjpeg", ".ts"])
def test_a_pipe_that_ends_in_the_middle_of_a_frame_says_so(suffix, pipe, tmp_path, caplog):
    codec = {".mjpeg": "mjpeg", ".y4m": "rawvideo"}.get(suffix, "libx264")
    content = noise_video(tmp_path / f"a{suffix}", codec)
    with Capture(pipe(content[: len(content) // 2 + 1234])) as capture:
        assert 30 < len(list(capture)) < 60 and capture.damage
    assert "pipe is damaged" in caplog.text


def test_a_closed_standard_input_is_one_line(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ImageError, match="cannot read -: standard input is closed"):
        Capture("-")


def test_devices_and_endless_files_are_no_images(tmp_path):
    with pytest.raises(ImageError, match="/dev/zero is a device"):
        open_image("/dev/zero")
    with open(tmp_path / "holes.jpg", "wb") as file:
        file.truncate(200 << 30)
    with pytest.raises(ImageError, match="larger than 1 GiB"):
        open_image(tmp_path / "holes.jpg")


def test_a_picture_takes_no_more_memory_than_it_has(tmp_path, monkeypatch):
    sizes = []
    monkeypatch.setattr("sspnet_sdk.images.image._PIECE", 1000)
    monkeypatch.setattr("sspnet_sdk.images.image._MOST_BYTES", 3000)
    os.mkfifo(tmp_path / "endless")
    writer = threading.Thread(target=lambda: sizes.append(_give_up(tmp_path / "endless")), daemon=True)
    writer.start()
    with pytest.raises(ImageError, match="endless is larger"):
        open_image(tmp_path / "endless")
    writer.join(5)
    assert sizes and sizes[0] < 1_000_000


def _give_up(path):
    """Write until the reader goes away; how much."""
    written = 0
    with open(path, "wb", buffering=0) as file:
        try:
            while written < 1 << 24:
                written += file.write(bytes(1000))
        except BrokenPipeError:
            pass
    return written


def test_frames_too_small_name_their_source(tmp_path, estimator):
    cv2.imwrite(str(tmp_path / "dot.png"), np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ImageError, match=r"dot\.png: the image is 4x4x3"):
        list(estimator.stream(tmp_path / "dot.png"))
