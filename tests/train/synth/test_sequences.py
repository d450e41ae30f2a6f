"""Sequences: people who walk with feet that do not slide, on a fixed background, with truth that a camera explains."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from sspnet_train.synth import Studio
from sspnet_train.synth.actors import Actor, way_of
from sspnet_train.synth.plays import PLAYS
from sspnet_train.synth.render import Renderer
from sspnet_train.synth.sequence_files import main, write_sequence
from sspnet_train.synth.sequences import Sequence, SequenceError, Shot

SHOT = Shot("crossing", seconds=0.5, fps=6, size=(96, 64))


@pytest.fixture(scope="module")
def renderer(studio: Studio) -> Renderer:
    return Renderer(studio.assets.cloth, 144)


def a_sequence(studio: Studio, renderer: Renderer, shot: Shot = SHOT, seed: int = 0) -> Sequence:
    return Sequence(shot, studio.people, studio.assets, renderer, seed)


def test_the_camera_explains_every_pixel_of_the_truth(studio: Studio, renderer: Renderer) -> None:
    sequence = a_sequence(studio, renderer, Shot("crossing", 0.5, 6, (96, 64), height_m=2.5, roll_deg=20))
    frames = list(sequence)
    assert len(frames) == len(sequence) == 3
    for frame in frames:
        assert frame.image.shape == (64, 96, 3) and frame.keypoints.shape == (2, 28, 2)
        seen = frame.joints3d_camera @ sequence.camera.T
        np.testing.assert_allclose(seen[..., :2] / seen[..., 2:], frame.keypoints, atol=1e-9)
        inside = np.all((frame.keypoints >= 0) & (frame.keypoints < [96, 64]), axis=2)
        assert not (frame.visible & ~inside).any() and frame.visible.any()
        above = (frame.joints3d_camera - sequence.floor) @ sequence.up
        assert -20 < above[:, 22:].min() < 150 and 1000 < above[:, 10].min() < 2300, "feet on the floor, heads above"


def test_the_same_seed_gives_the_same_frames_before_the_same_background(studio: Studio, renderer: Renderer) -> None:
    first, second = (list(a_sequence(studio, renderer)) for _ in range(2))
    np.testing.assert_array_equal(first[2].image, second[2].image)
    corner = [frame.image[:8, :8].astype(float).mean(axis=(0, 1)) for frame in first]
    np.testing.assert_allclose(corner[0], corner[2], atol=2)
    assert not np.array_equal(first[0].image, next(iter(a_sequence(studio, renderer, seed=1))).image)


@pytest.mark.slow
def test_who_comes_into_the_picture_later_is_exposed_like_who_was_there(studio: Studio, renderer: Renderer) -> None:
    frames = list(a_sequence(studio, renderer, Shot("crossing", 4, 1, (96, 64), distance_m=3.0)))
    assert not frames[0].visible.any() and frames[2].visible.any()
    x, y, w, h = frames[2].box[0].astype(int)
    assert 30 < frames[2].image[y : y + h, x : x + w].mean() < 230


def test_a_walker_goes_as_fast_as_people_do_and_his_feet_stay_in_place(studio: Studio) -> None:
    fps = 60
    role = PLAYS["across"](np.arange(fps) / fps, np.random.default_rng(0))[0]
    actor = Actor(studio.people, 5)
    way = way_of(actor, role.stances, fps)
    speed = np.linalg.norm(way.pelvis[-1] - way.pelvis[0]) * fps / (len(way.pelvis) - 1)
    assert 0.8 < speed < 1.7 and np.ptp(way.pelvis[:, 1]) < 0.06
    lowest, slides = [], []
    before = actor.feet(role.stances[0])[1]
    for index, stance in enumerate(role.stances):
        left, right = (foot + way.pelvis[index] for foot in actor.feet(stance))
        lowest.append(min(left[:, 1].min(), right[:, 1].min()))
        if index and stance.planted[1] == role.stances[index - 1].planted[1] == 1:
            slides.append(np.linalg.norm((right - before)[right[:, 1] < 0.01][:, [0, 2]].mean(axis=0)))
        before = right
    assert np.abs(lowest).max() < 0.02
    assert len(slides) > 5 and np.mean(slides) * fps < 0.25, "metres per second; the body goes at 1.25"


def test_knees_bend_backwards_and_left_leads_right_by_half_a_stride(studio: Studio) -> None:
    role = PLAYS["across"](np.arange(60) / 60, np.random.default_rng(0))[0]
    for stance in role.stances:
        joints = stance.joints
        for hip, knee, ankle in ((1, 2, 3), (4, 5, 6)):
            assert np.cross(joints[knee] - joints[hip], joints[ankle] - joints[knee]) @ (joints[1] - joints[4]) < 2e5
    planted = np.array([stance.planted for stance in role.stances])
    np.testing.assert_allclose(planted.sum(axis=1), 1)
    assert (planted == 1).any(axis=0).all()


def test_who_sits_down_gets_up_again(studio: Studio, renderer: Renderer) -> None:
    sequence = a_sequence(studio, renderer, Shot("sit", 4.5, 1, (64, 64)))
    heights = [float((frame.joints3d_camera[0, 0] - sequence.floor) @ sequence.up) for frame in sequence]
    assert min(heights) < 0.75 * heights[0] and abs(heights[-1] - heights[0]) < 20


def test_a_video_has_its_truth_beside_it(studio: Studio, renderer: Renderer, tmp_path) -> None:
    truth = write_sequence(a_sequence(studio, renderer), tmp_path / "two.mp4")
    video = cv2.VideoCapture(str(tmp_path / "two.mp4"))
    frames = []
    while (read := video.read())[0]:
        frames.append(read[1])
    with np.load(truth) as labels:
        assert len(frames) == len(labels["keypoints"]) == 3 and frames[0].shape == (64, 96, 3)
        assert labels["joints3d_camera"].shape == (3, 2, 28, 3) and labels["visible"].dtype == bool
        assert labels["box"].shape == (3, 2, 4) and labels["on_floor"].shape == (3, 2, 2) and labels["fps"] == 6
    assert not list(tmp_path.glob("*.part*"))


def test_a_request_that_cannot_be_met_is_one_line(tmp_path) -> None:
    with pytest.raises(SequenceError, match="no play called 'dance'; choose from across"):
        Shot("dance")
    with pytest.raises(SequenceError, match="at least as wide as high"):
        Shot("sit", size=(64, 128))
    result = CliRunner().invoke(main, [str(tmp_path / "a.mp4"), "--seconds", "0"])
    assert result.exit_code == 1 and "at least two frames" in result.output and not list(tmp_path.iterdir())


def test_bodies_keep_their_bones_while_they_move(studio: Studio) -> None:
    role = PLAYS["turn"](np.arange(30) / 15, np.random.default_rng(0))[0]
    actor = Actor(studio.people, 2)
    joints = np.stack([actor.figure(stance).joints for stance in role.stances[::6]])
    for child, parent in ((2, 1), (3, 2), (12, 11), (13, 12)):
        lengths = np.linalg.norm(joints[:, child] - joints[:, parent], axis=1)
        assert np.ptp(lengths) < 0.12 * lengths.mean()
