"""Who is whom, without a network: place and clothes of all people at once; one frame makes nobody."""

from dataclasses import replace

import numpy as np
import pytest
from made_people import make_frame, make_pose
from record_tracking_trace import step

from sspnet_sdk.bundles.thresholds import SCHEMA_1, read_poses
from sspnet_sdk.images.image import open_image
from sspnet_sdk.people.appearance import look_of, unlike
from sspnet_sdk.people.hold_back import HoldBack
from sspnet_sdk.people.identity import Identities, Sighting, Track, TrackState

FPS = 30
NUMBERS = read_poses(SCHEMA_1["poses"])


def _dressed(*colour):
    look = np.zeros((2, 144), np.float32)
    look[:, list(colour)] = 1 / len(colour)
    return look


RED, BLUE = _dressed(3, 4), _dressed(100, 101)


def _at(x, look=None):
    return Sighting(make_pose(centre=(x, 240.0)), look)


def test_two_who_walk_through_each_other_keep_their_ids_by_motion_alone():
    ids = Identities(NUMBERS)
    for index in range(60):
        seen = step(ids, [_at(100 + 8 * index), _at(572 - 8 * index)], index / FPS)
    assert seen == [1, 2]


def test_who_was_hidden_in_a_crossing_gets_the_id_of_their_clothes_and_place():
    ids = Identities(NUMBERS)
    for index in range(60):
        there, back = _at(100 + 8 * index, RED), _at(572 - 8 * index, BLUE)
        seen = step(ids, [back] if 24 < index < 36 else [there, back], index / FPS)
    assert seen == [1, 2]


@pytest.mark.parametrize("away, comes_out_at, known", [(0.2, 310, 2), (0.2, 500, 0), (1.5, 310, 0)])
def test_who_comes_out_from_behind_somebody_is_known_though_their_crop_shows_the_others_clothes(away, comes_out_at, known):
    ids = Identities(NUMBERS)
    for index in range(10):
        step(ids, [_at(300, RED), _at(500 - 20 * index, BLUE)], index / FPS)
    for index in range(10, 10 + round(away * FPS)):
        step(ids, [_at(300, RED)], index / FPS)
    assert step(ids, [_at(300, RED), _at(comes_out_at, RED)], (index + 1) / FPS) == [1, known]


def test_a_search_knows_who_stands_beside_the_newcomer():
    ids = Identities(NUMBERS)
    for index in range(10):
        step(ids, [_at(300, RED), _at(500 - 20 * index, BLUE)], index / FPS)
    step(ids, [_at(300, RED)], 10 / FPS)
    newcomer, beside = _at(310, RED), [_at(300, RED).pose]
    assert ids.match([newcomer], 11 / FPS, ids.lost) == []
    assert [track.id for track, _ in ids.match([newcomer], 11 / FPS, ids.lost, beside)] == [2]


def test_somebody_in_other_clothes_at_the_same_place_is_somebody_else():
    ids = Identities(NUMBERS)
    for index in range(10):
        step(ids, [_at(300, RED)], index / FPS)
    for index in range(10, 40):
        step(ids, [], index / FPS)
    assert [step(ids, [_at(310, BLUE)], index / FPS) for index in range(40, 43)][-1] == [2]
    assert step(ids, [_at(310, BLUE), _at(800, RED)], 43 / FPS) == [2, 1]


def test_two_taken_for_each_other_get_their_ids_back_by_their_clothes():
    ids = Identities(NUMBERS)
    for index in range(10):
        step(ids, [_at(200, RED), _at(700, BLUE)], index / FPS)
    first, second = ids.followed
    first.id, second.id = second.id, first.id
    first.look, second.look = second.look, first.look
    for index in range(10, 14):
        seen = step(ids, [_at(200, RED), _at(700, BLUE)], index / FPS)
    assert seen == [1, 2]


def test_a_ghost_of_two_frames_takes_no_id():
    ids = Identities(NUMBERS)
    for index in range(2):
        step(ids, [_at(200)], index / FPS)
    step(ids, [], 2 / FPS)
    assert not ids.tracks
    assert [step(ids, [_at(600)], index / FPS) for index in range(3, 6)] == [[0], [0], [1]]


def test_a_guess_that_is_not_seen_again_is_nobody():
    ids = Identities(NUMBERS, only_one=True)
    step(ids, [_at(200)], 0.0)
    (guess,) = ids.tracks
    guess.certain = False
    ids.confirm(guess)
    step(ids, [], 1 / FPS)
    assert guess.state is TrackState.GONE and not ids.tracks


def test_clothes_are_told_apart_and_known_again():
    pose = make_pose()
    picture = np.full((480, 640, 3), 120, np.uint8)
    blue, red = picture.copy(), picture.copy()
    blue[..., 0], red[..., 2] = 220, 220
    darker = (blue * 0.95).astype(np.uint8)
    looks = [look_of(open_image(image), pose) for image in (blue, darker, red)]
    assert unlike(looks[0], looks[1]) < 0.4 < 0.6 < unlike(looks[0], looks[2])
    hidden = replace(pose, confidence=np.zeros(17, np.float32))
    assert look_of(open_image(blue), hidden) is None
    assert unlike(None, looks[0]) is None


def _track(number, state):
    return Track(Identities(NUMBERS).steady_box(make_pose().box, 0.0), 0.0, id=number, state=state)


def test_a_files_frames_wait_until_it_is_known_who_is_a_person():
    held, pose = HoldBack(live=False), make_pose()
    somebody, ghost = _track(0, TrackState.TENTATIVE), _track(0, TrackState.TENTATIVE)
    assert not list(held.add(make_frame(0), [(somebody, pose), (ghost, pose)]))
    ghost.state = TrackState.GONE
    assert not list(held.add(make_frame(1), [(somebody, pose)]))
    somebody.state, somebody.id = TrackState.CONFIRMED, 1
    frames = list(held.add(make_frame(2), [(somebody, pose)]))
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [[person.id for person in frame.people] for frame in frames] == [[1], [1], [1]]


def test_a_live_frame_does_not_wait():
    held, pose = HoldBack(live=True), make_pose()
    (frame,) = held.add(make_frame(0), [(_track(0, TrackState.TENTATIVE), pose), (_track(4, TrackState.CONFIRMED), pose)])
    assert [person.id for person in frame.people] == [4]
