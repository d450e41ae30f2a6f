"""Videos: every frame of a file, the newest of a live source; an orderly end whatever happens."""

import importlib.util
import os
import re
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from made_people import make_frame, make_pose
from moving_photo import BOX, FPS, frames, write_video

from sspnet_sdk import Estimator, ImageError, OptionError, SSPNetError, open_writer
from sspnet_sdk.capture import Capture
from sspnet_sdk.files.video_file import VideoFile
from sspnet_sdk.frame import Person
from sspnet_sdk.frames.background import in_background
from sspnet_sdk.overlay import OverlayVideo
from sspnet_sdk.video import stream


@pytest.fixture(scope="module")
def walk_video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("video") / "a walk ü.mp4", frames(30))


def _has_pyav():
    return importlib.util.find_spec("av") is not None


def _threads():
    return [thread for thread in threading.enumerate() if thread.name == "sspnet-sdk"]


def test_every_frame_of_a_file_comes_in_order_with_its_time(walk_video, estimator):
    results = list(stream(walk_video, estimator))
    assert [frame.index for frame in results] == list(range(30))
    np.testing.assert_allclose([frame.time_s for frame in results], np.arange(30) / FPS, atol=1e-3)
    assert {frame.source for frame in results} == {str(walk_video)}
    assert results[-1].fps > 0
    assert not _threads()


@pytest.mark.parametrize("encode", [str, os.fsencode])
def test_entries_of_a_folder_are_named_as_its_paths_are(walk_video, encode, estimator):
    """What os.scandir gives is a path, but as text says `<DirEntry 'walk.mp4'>`."""
    (entry,) = os.scandir(encode(walk_video.parent))
    with Capture(entry) as capture:
        assert (capture.name, capture.path) == (str(walk_video), walk_video)
    with pytest.raises(ImageError) as refused:
        estimator.predict(entry)
    assert str(refused.value).startswith(f"{walk_video} is a video")
    with pytest.raises(SSPNetError, match="^" + re.escape(f"{walk_video} is not a bundle")):
        Estimator(entry)


def test_a_closed_capture_holds_no_file(walk_video):
    """Windows removes no file that is open."""
    capture = Capture(walk_video)
    file = getattr(capture._decoder, "_target", None)
    next(iter(capture))
    capture.close()
    assert file is None or file.closed


def test_a_slow_consumer_of_a_live_source_gets_the_newest_frames(walk_video, estimator):
    indices = []
    for frame in stream(walk_video, estimator, live=True, boxes=[BOX]):
        indices.append(frame.index)
        time.sleep(0.15)
    assert indices == sorted(indices)
    assert len(indices) < 30
    assert indices[-1] == 29


def test_a_slow_consumer_of_a_file_misses_nothing(walk_video, estimator):
    seen = 0
    for _ in stream(walk_video, estimator, boxes=[BOX]):
        seen += 1
        time.sleep(0.02)
    assert seen == 30


def test_leaving_the_loop_early_ends_the_threads_and_frees_the_file(walk_video, estimator):
    results = stream(walk_video, estimator)
    next(results)
    results.close()
    assert not _threads()


def test_a_source_that_is_closed_while_it_is_read_ends_there(walk_video, estimator):
    with Capture(walk_video) as source:
        shots = iter(source)
        next(shots)
    assert list(shots) == []
    with Capture(walk_video) as source:
        results = stream(source, estimator)
        next(results)
    assert len(list(results)) < 30
    for delay in np.linspace(0, 0.03, 16):
        source, read = Capture(walk_video), []
        reading = threading.Thread(target=lambda source=source, read=read: read.extend(source))
        reading.start()
        time.sleep(delay)
        source.close()
        reading.join(30)
        assert not reading.is_alive() and len(read) <= 30


def test_a_source_that_was_closed_or_read_before_says_so(walk_video, estimator):
    with Capture(walk_video) as source:
        assert len(list(source)) == 30
        with pytest.raises(ImageError, match="was read to its end already: open it again"):
            next(stream(source, estimator))
    with pytest.raises(ImageError, match="is closed: open it again"):
        list(source)


def test_smoothing_calms_a_noisy_video(tmp_path, estimator):
    rng = np.random.default_rng(0)
    still = frames(1)[0].astype(np.int16)
    noisy = [np.clip(still + rng.normal(0, 25, still.shape), 0, 255).astype(np.uint8) for _ in range(25)]
    path = write_video(tmp_path / "noise.avi", noisy, "MJPG")
    jitter = {}
    for smooth in (0.0, 0.5):
        tracks = [frame.people[0].pose.keypoints for frame in stream(path, estimator, smooth=smooth, boxes=[BOX])]
        jitter[smooth] = np.diff(np.array(tracks)[8:], axis=0).std()
    assert jitter[0.5] < 0.5 * jitter[0.0]


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty, not a video"), (b"no video", "is a text file, not a video"), (bytes(range(256)) * 40, "is not a video")],
)
def test_what_is_no_video_is_said_in_one_line(content, said, tmp_path, estimator):
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=rf"bad\.mp4 {said}"):
        stream(path, estimator)


def test_a_missing_file_and_a_missing_camera_are_named(tmp_path, estimator):
    with pytest.raises(ImageError, match="no file"):
        stream(tmp_path / "none.mp4", estimator)
    with pytest.raises(ImageError, match="camera 97"):
        stream(97, estimator)


@pytest.mark.parametrize("source", [None, True, 1.5, ""])
def test_a_source_of_another_kind_is_refused(source, estimator):
    with pytest.raises(OptionError, match="a source is"):
        stream(source, estimator)


@pytest.mark.parametrize("number", [-1, 1000, 10**12])
def test_a_number_that_no_camera_has_is_refused(number, estimator):
    with pytest.raises(OptionError, match=f"a camera's number is 0 for the first, at most 999, not {number}"):
        stream(number, estimator)


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_no_stream_is_waited_for_without_an_end(seconds):
    with pytest.raises(OptionError, match="reconnect_s must be seconds from 0 on"):
        Capture("rtsp://door/stream", reconnect_s=seconds)


def test_a_video_that_cannot_be_read_is_named_as_the_caller_does(tmp_path, estimator):
    (tmp_path / "walk.mp4").write_text("text")
    with pytest.raises(ImageError, match=f"^{tmp_path}/walk.mp4 is a text file, not a video"):
        stream(tmp_path / "walk.mp4", estimator)


def test_errors_in_a_background_iterator_arrive_after_its_items():
    def numbers():
        yield 1
        yield 2
        raise ValueError("third")

    seen = []
    with pytest.raises(ValueError, match="third"):
        for number in in_background(numbers()):
            seen.append(number)
    assert seen == [1, 2]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".avi", ".mkv", ".webm"])
def test_a_written_video_plays_with_all_its_frames(suffix, tmp_path):
    path = tmp_path / f"out {suffix}"
    video = VideoFile(path, 25.0)
    for image in frames(12):
        video.write(image)
    assert not path.exists()
    video.close()
    capture = Capture(path)
    assert (capture.fps, capture.frames) == (25.0, 12)
    assert len(list(capture)) == 12
    assert list(tmp_path.iterdir()) == [path]


def test_a_discarded_video_leaves_the_old_file(tmp_path):
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")
    video = VideoFile(path, 25.0)
    video.write(frames(1)[0])
    video.discard()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_live_overlay_keeps_the_speed_of_time_when_frames_were_dropped(tmp_path):
    overlay = OverlayVideo(tmp_path / "live.mp4", 20.0)
    for index in (0, 3, 4, 9, 10):
        overlay.write(make_frame(index, Person(1, make_pose()), fps=10.0))
    overlay.close()
    times = [shot.time_s for shot in Capture(tmp_path / "live.mp4")]
    np.testing.assert_allclose(times, [0, 0.3, 0.4, 0.9, 1.0] if _has_pyav() else np.arange(21) / 20, atol=1e-3)


def test_a_closed_video_is_not_begun_anew(tmp_path):
    video = VideoFile(tmp_path / "out.mp4", 25.0)
    for image in frames(3):
        video.write(image)
    video.close()
    with pytest.raises(SSPNetError, match="is closed"):
        video.write(frames(1)[0])
    video.close()
    assert len(list(Capture(tmp_path / "out.mp4"))) == 3


def test_the_first_frame_decides_the_size_and_later_ones_are_scaled_to_it(tmp_path):
    video = VideoFile(tmp_path / "out.mp4", 25.0)
    for height, width in ((96, 160), (200, 100), (96, 160)):
        left_half_white = np.zeros((height, width, 3), np.uint8)
        left_half_white[:, : width // 2] = 255
        video.write(left_half_white)
    video.close()
    for image in (shot.image for shot in Capture(tmp_path / "out.mp4")):
        assert image.shape == (96, 160, 3)
        assert image[48, [8, 70]].min() > 230 and image[48, [90, 152]].max() < 25


def test_what_is_no_frame_is_refused_and_the_video_goes_on(tmp_path):
    video = VideoFile(tmp_path / "out.mp4", 25.0)
    image = frames(1)[0]
    for wrong in (None, image / 255, image[:, :, :2]):
        with pytest.raises(ImageError, match="expected"):
            video.write(wrong)
    with pytest.raises(OptionError, match="time_s must be seconds, not nan"):
        video.write(image, float("nan"))
    for right in (image, image[:, :, 0]):
        video.write(right)
    video.close()
    assert len(list(Capture(tmp_path / "out.mp4"))) == 2


@pytest.mark.parametrize("fps", [0, -1, float("nan"), "25", True, 10**400])
def test_a_rate_that_is_none_is_refused_wherever_it_is_given(tmp_path, estimator, fps):
    for work in (
        lambda: VideoFile(tmp_path / "out.mp4", fps),
        lambda: open_writer("bvh", tmp_path / "out.bvh", fps),
        lambda: Capture(tmp_path, stated_fps=fps),
        lambda: stream(frames(1), estimator, fps=fps),
        lambda: Estimator(target_fps=fps),
    ):
        with pytest.raises(OptionError, match="fps must be a positive number, not "):
            work()
    assert list(tmp_path.iterdir()) == []


def test_another_suffix_is_refused_with_the_choices(tmp_path):
    with pytest.raises(OptionError, match=r"\.mp4"):
        VideoFile(tmp_path / "out.txt", 25.0)


def test_a_program_may_end_in_the_middle_of_a_stream(walk_video):
    code = (
        "import sys\nfrom sspnet_sdk import Estimator\nfrom sspnet_sdk.video import stream\n"
        "frames = stream(sys.argv[1], Estimator(backend='onnxruntime', cut=2, input_size=128, threads=1))\n"
        "next(frames)\nraise SystemExit(7)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(walk_video)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (7, "")
