"""Frames of one's own: lists, generators, timed pairs, any channel order; the same people as from a file."""

import io
import threading
import time
from itertools import pairwise

import cv2
import numpy as np
import pytest
from moving_photo import BOX, FPS, PHOTO, frames, write_video

from sspnet_sdk import Estimator, ImageError, OptionError, stream
from sspnet_sdk.frames.own_frames import OwnFrames
from sspnet_sdk.pictures import pictures


@pytest.fixture(scope="module")
def rgb_estimator(estimator):
    return Estimator(backend="onnxruntime", cut=2, input_size=192, threads=1, color="rgb")


def keypoints(results):
    return np.array([frame.people[0].pose.keypoints for frame in results])


def test_a_list_of_frames_gives_what_their_file_gives(tmp_path, estimator):
    path = write_video(tmp_path / "walk.avi", frames(12), "FFV1")
    from_file = list(stream(path, estimator, boxes=[BOX]))
    from_list = list(estimator.stream(frames(12), fps=FPS, boxes=[BOX]))
    assert [frame.index for frame in from_list] == list(range(12))
    np.testing.assert_allclose([frame.time_s for frame in from_list], [frame.time_s for frame in from_file], atol=2e-3)
    np.testing.assert_allclose(keypoints(from_list), keypoints(from_file), atol=1.0)


def test_a_files_colours_are_right_whatever_order_the_estimators_arrays_have(tmp_path, estimator, rgb_estimator):
    path = write_video(tmp_path / "walk.avi", frames(8), "FFV1")
    wanted = keypoints(stream(path, estimator, boxes=[BOX]))
    np.testing.assert_allclose(keypoints(stream(path, rgb_estimator, boxes=[BOX])), wanted, atol=1e-3)


def test_a_pictures_colours_are_right_too(estimator, rgb_estimator):
    (wanted,), (seen,) = (list(pictures([PHOTO], one, boxes=[BOX])) for one in (estimator, rgb_estimator))
    np.testing.assert_allclose(seen.people[0].pose.keypoints, wanted.people[0].pose.keypoints, atol=1e-3)


def test_arrays_of_ones_own_come_in_the_estimators_order_and_frames_are_bgr(estimator, rgb_estimator):
    own = frames(6)
    wanted = keypoints(estimator.stream(own, boxes=[BOX]))
    results = list(rgb_estimator.stream([cv2.cvtColor(frame, cv2.COLOR_BGR2RGB) for frame in own], boxes=[BOX]))
    np.testing.assert_allclose(keypoints(results), wanted, atol=1e-3)
    np.testing.assert_array_equal(results[3].image, own[3])


@pytest.mark.parametrize("code", [cv2.COLOR_BGR2GRAY, cv2.COLOR_BGR2BGRA])
def test_gray_and_alpha_become_three_channels(estimator, code):
    (frame,) = estimator.stream([cv2.cvtColor(frames(1)[0], code)], boxes=[BOX])
    assert frame.image.shape == frames(1)[0].shape and frame.people


def test_pairs_say_when_a_frame_was_taken(estimator):
    times = [0.0, 0.05, 0.2, 0.21]
    results = list(estimator.stream(zip(frames(4), times, strict=True), boxes=[BOX]))
    assert [frame.time_s for frame in results] == pytest.approx(times)


@pytest.mark.parametrize("first_s", [1.7e9, -1.0, 5.0])
def test_a_cameras_own_clock_counts_from_the_first_frame(first_s, estimator):
    pairs = [(image, first_s + 0.1 * index) for index, image in enumerate(frames(5))]
    results = list(estimator.stream(pairs, boxes=[BOX]))
    assert [frame.time_s for frame in results] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4], abs=1e-5)
    assert all(frame.people for frame in results)


def test_frames_may_come_faster_than_one_in_a_millisecond():
    assert [shot.time_s for shot in OwnFrames(frames(4), "bgr", 2000)] == pytest.approx([0.0, 0.0005, 0.001, 0.0015])


def test_a_clock_that_is_set_back_goes_on_where_it_was():
    stamps = [100.0, 100.1, 100.2, 3.0, 3.1, 3.1]
    shots = OwnFrames(list(zip(frames(6), stamps, strict=True)), "bgr", 10)
    assert [shot.time_s for shot in shots] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 0.401])


def test_a_list_without_a_rate_has_30_frames_per_second(estimator):
    assert [frame.time_s for frame in estimator.stream(frames(3), boxes=[BOX])] == pytest.approx([0, 1 / 30, 2 / 30])


def test_a_generator_is_timed_as_its_frames_come_and_closed_at_the_end(estimator):
    closed = threading.Event()

    def camera():
        try:
            for frame in frames(30):
                time.sleep(0.05)
                yield frame
        finally:
            closed.set()

    results = estimator.stream(camera(), boxes=[BOX])
    taken = [next(results) for _ in range(4)]
    results.close()
    assert closed.wait(5)
    assert all(later.time_s - earlier.time_s > 0.04 for earlier, later in pairwise(taken))


def test_live_frames_that_grew_stale_are_dropped(estimator):
    def camera():
        for frame in frames(30):
            time.sleep(0.01)
            yield frame

    seen = []
    for frame in estimator.stream(camera(), live=True, boxes=[BOX]):
        seen.append(frame.index)
        time.sleep(0.1)
    assert len(seen) < 25 and seen[-1] == 29


def test_no_frames_are_no_results(estimator):
    assert list(estimator.stream([])) == []


def test_a_frame_that_is_no_image_is_named(estimator):
    with pytest.raises(ImageError, match="frame 1: expected an image"):
        list(estimator.stream([frames(1)[0], None], boxes=[BOX]))
    with pytest.raises(OptionError, match="frame 0: a pair is"):
        list(estimator.stream([(frames(1)[0], "soon")]))
    with pytest.raises(OptionError, match="fps"):
        estimator.stream(frames(1), fps=-1)
    with pytest.raises(OptionError, match="live must be True, False or None, not 'yes'"):
        estimator.stream(frames(1), live="yes")


def test_a_recording_waits_for_later_frames_and_a_generator_does_not(estimator):
    asked = []

    def camera():
        for frame in frames(12):
            asked.append(len(asked))
            yield frame

    results = estimator.stream(camera(), boxes=[BOX], live=False)
    assert next(results).index == 0
    assert len(asked) > 6
    results.close()
    assert OwnFrames(frames(2), "bgr").recorded
    assert OwnFrames(iter(frames(2)), "bgr", fps=30).recorded
    assert not OwnFrames(iter(frames(2)), "bgr").recorded


def test_frames_before_a_bad_one_come_first(estimator):
    given = []
    with pytest.raises(ImageError, match="frame 9"):
        for frame in estimator.stream([*frames(9), None], boxes=[BOX]):
            given.append(frame.index)
    assert given == list(range(9))


@pytest.mark.parametrize("source", [b"\0\0\0\x18ftypmp42", io.BytesIO(b"\0\0\0\x18ftypmp42")])
def test_a_videos_content_is_refused_and_the_hint_is_right(estimator, source):
    with pytest.raises(OptionError, match=r"not (bytes|BytesIO): write the video to a file first"):
        estimator.stream(source)


def test_one_image_is_no_stream_but_a_stack_of_them_is(estimator):
    with pytest.raises(OptionError, match=r"not one of shape \(48, 64, 3\): predict takes that"):
        estimator.stream(np.zeros((48, 64, 3), np.uint8))
    assert len(list(estimator.stream(np.zeros((4, 48, 64, 3), np.uint8)))) == 4


def test_a_frame_of_realsense_is_told_from_its_pixels(estimator):
    class VideoFrame:
        def get_data(self):
            return np.zeros((48, 64, 3), np.uint8)

    with pytest.raises(ImageError, match=r"frame 0: .*: pass numpy\.asanyarray\(frame\.get_data\(\)\)"):
        list(estimator.stream([VideoFrame()]))
    (frame,) = estimator.stream([np.asanyarray(VideoFrame().get_data())])
    assert "array" not in repr(frame) and "source='frames'" in repr(frame)
