"""Following people: the box moves with them, ids last, who is lost is found again, nobody is made of one frame."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from made_people import make_pose
from moving_photo import BOX, FPS, PHOTO, frames, view

from sspnet_sdk import OptionError
from sspnet_sdk.bundles.thresholds import SCHEMA_1, read_poses
from sspnet_sdk.people.same_person import same_person
from sspnet_sdk.people.steady_box import SteadyBox
from sspnet_sdk.tracking import Tracker

POSES = read_poses(SCHEMA_1["poses"])


def test_a_person_is_followed_through_pan_and_zoom(estimator):
    still = estimator.predict(str(PHOTO), BOX)
    tracker = Tracker(estimator, boxes=[BOX])
    errors = []
    for index, frame in enumerate(frames(45)):
        (person,) = tracker.update(frame, index / FPS)
        assert person.id == 1
        moved = still.keypoints @ view(index / FPS)[:, :2].T + view(index / FPS)[:, 2]
        errors.append(np.linalg.norm(person.pose.keypoints - moved, axis=1).mean() / (BOX[3] * view(index / FPS)[0, 0]))
    assert np.mean(errors) < 0.03
    assert max(errors) < 0.08


def test_a_box_outside_the_first_frame_enters_nobody(estimator):
    tracker = Tracker(estimator, boxes=[BOX, (5000, 0, 10, 10)])
    (frame,) = frames(1)
    for index in range(2):
        with pytest.raises(OptionError, match="lies outside the image"):
            tracker.update(frame, index / FPS)
    wide = cv2.copyMakeBorder(frame, 0, 0, 0, 5100, cv2.BORDER_CONSTANT)
    seen = [person.id for step in range(4) for person in tracker.update(wide, 1.0 + step / FPS)]
    assert set(seen) <= {1, 2} and seen.count(1) == 4
    assert tracker._ids._next_id == 3


def test_without_a_box_the_person_is_found(estimator):
    tracker = Tracker(estimator)
    people = [tracker.update(frame, index / FPS) for index, frame in enumerate(frames(5))]
    left, top, width, height = people[-1][0].pose.box
    centre = view(4 / FPS)[:, :2] @ np.array([BOX[0] + BOX[2] / 2, BOX[1] + BOX[3] / 2]) + view(4 / FPS)[:, 2]
    assert left < centre[0] < left + width
    assert top < centre[1] < top + height


def test_two_people_keep_their_ids_when_they_come_near_each_other(estimator):
    photo = cv2.imread(str(PHOTO))
    person = photo[110:400, 250:410]
    tracker, places = None, []
    for index in range(20):
        wide = np.full((424, 900, 3), 150, np.uint8)
        left, right = 40 + 8 * index, 700 - 8 * index
        wide[60:350, right : right + 160] = person[:, ::-1]
        wide[60:350, left : left + 160] = person
        if tracker is None:
            tracker = Tracker(estimator, people=2, boxes=[(left + 20, 75, 120, 260), (right + 20, 75, 120, 260)])
        places.append(
            {p.id: float(p.pose.keypoints[:, 0].mean()) - (left, right)[p.id - 1] for p in tracker.update(wide, index / FPS)}
        )
    assert all(set(place) == {1, 2} for place in places)
    offsets = np.array([[place[1], place[2]] for place in places])
    assert np.abs(offsets - offsets[0]).max() < 25


def _followed(pose, frames=30, bounds=(640, 480), moved=(0.0, 0.0)):
    box = SteadyBox(pose.box, 0.0, POSES)
    for index in range(1, frames):
        step = np.array(moved, np.float32) * index
        box.follow(replace(pose, keypoints=pose.keypoints + step), index / FPS, bounds)
    return box


def test_the_box_holds_a_still_person_and_stays_in_the_picture():
    pose = make_pose(centre=(320, 240))
    box = _followed(pose).box
    low, high = pose.keypoints.min(0), pose.keypoints.max(0)
    assert (box[:2] <= low).all() and (box[:2] + box[2:] >= high).all()
    outside = _followed(make_pose(centre=(630, 240))).box
    assert outside[0] + outside[2] <= 645


def test_the_box_of_a_still_person_jumps_less_than_the_joints():
    pose, rng = make_pose(), np.random.default_rng(0)
    box, boxes, aims = SteadyBox(pose.box, 0.0, POSES), [], []
    for index in range(1, 90):
        shaken = pose.keypoints + rng.normal(0, 2.0, pose.keypoints.shape).astype(np.float32)
        box.follow(replace(pose, keypoints=shaken), index / FPS, (640, 480))
        boxes.append(box.box_at((index + 1) / FPS))
        aims.append(np.concatenate([shaken.min(0), np.ptp(shaken, axis=0)]))
    assert np.diff(np.array(boxes)[30:], 2, axis=0).std() < 0.25 * np.diff(np.array(aims)[30:], 2, axis=0).std()


def test_the_box_is_not_thrown_by_frames_that_come_at_once():
    """As where a camera's driver hands over what it held back: a frame's way in a microsecond is no speed."""
    pose = make_pose(centre=(200, 240))
    for burst_s in (1e-6, 1e-320):
        box = _followed(pose, frames=10, moved=(6.0, 0.0))
        last = 9 / FPS
        box.follow(replace(pose, keypoints=pose.keypoints + np.float32([60, 0])), last + burst_s, (640, 480))
        moved = box.box_at(last + burst_s + 1 / FPS)[0] - box.box[0]
        assert 0 < moved < 0.5 * box.box[2]


def test_the_box_goes_with_a_walking_person():
    pose = make_pose(centre=(200, 240))
    box = _followed(pose, frames=40, moved=(6.0, 0.0))
    moved = pose.keypoints + np.array([6.0 * 40, 0.0])
    middle = (moved.min(0) + moved.max(0)) / 2
    ahead = box.box_at(40 / FPS)
    assert abs(ahead[0] + ahead[2] / 2 - middle[0]) < 0.04 * pose.box[3]


def test_joints_that_are_not_seen_do_not_stretch_the_box():
    pose = make_pose()
    pose.keypoints[[3, 6]] += (0, 400)
    pose.confidence[[3, 6]] = 0.05
    box = _followed(pose, bounds=(2000, 2000)).box
    assert box[1] + box[3] < pose.box[1] + pose.box[3] + 20


def test_poses_on_one_person_are_told_from_neighbours():
    assert same_person(make_pose(0.0), make_pose(0.05))
    assert not same_person(make_pose(centre=(300, 240)), make_pose(centre=(400, 240)))


@pytest.mark.parametrize("people", [0, -1, 1.5, True, "2"])
def test_people_must_be_a_whole_number(estimator, people):
    with pytest.raises(OptionError, match="whole number"):
        Tracker(estimator, people=people)


@pytest.mark.parametrize("time_s", ["x", None, float("nan"), float("inf")])
def test_a_time_must_be_one(estimator, time_s):
    with pytest.raises(OptionError, match="seconds"):
        Tracker(estimator).update(PHOTO, time_s)


def test_somebody_who_jumps_elsewhere_is_found_again_within_a_second(estimator):
    photo, tracker = cv2.imread(str(PHOTO)), Tracker(estimator)
    for index in range(10):
        tracker.update(photo, index / FPS)
    for index in range(10, 45):
        people = tracker.update(np.roll(photo, -200, axis=1), index / FPS)
    (person,) = people
    low = person.pose.keypoints.min(axis=0)
    assert 0 < low[0] < 180
    assert not person.pose.unsure


@pytest.mark.parametrize("people", [1, 2])
def test_when_everybody_has_left_nobody_is_certain(estimator, people):
    photo, tracker = cv2.imread(str(PHOTO)), Tracker(estimator, people=people)
    for index in range(10):
        assert len(tracker.update(photo, index / FPS)) == (index >= 2)
    for index in range(10, 70):
        left = tracker.update(np.full_like(photo, 128), index / FPS)
    assert all(person.pose.unsure for person in left)


def test_two_people_who_cross_keep_their_ids(estimator):
    photo, tracker, left_of = cv2.imread(str(PHOTO)), Tracker(estimator), []
    person, other = photo[110:400, 250:410], photo[110:400, 250:410, ::-1][:, ::-1]
    for index in range(60):
        wide = np.full((424, 900, 3), 128, np.uint8)
        there, back = 40 + 11 * index, 700 - 11 * index
        wide[60:350, max(there, 0) : there + 160] = person[:, : 900 - max(there, 0)]
        wide[60:350, max(back, 0) : back + 160] = other[:, max(-back, 0) :]
        left_of.append({p.id: float(p.pose.keypoints[:, 0].mean()) for p in tracker.update(wide, index / FPS)})
    assert left_of[10].keys() == left_of[-1].keys() == {1, 2}
    first, second = sorted(left_of[10], key=left_of[10].__getitem__)
    assert left_of[-1][first] > left_of[-1][second]


def test_somebody_who_was_away_for_two_seconds_is_known_again(estimator):
    photo, tracker = cv2.imread(str(PHOTO)), Tracker(estimator)
    empty = np.full_like(photo, 128)
    ids = [{person.id for person in tracker.update(photo, index / FPS)} for index in range(8)]
    ids += [{person.id for person in tracker.update(empty, index / FPS)} for index in range(8, 68, 4)]
    elsewhere = np.roll(photo, 220, axis=1)
    ids += [{person.id for person in tracker.update(elsewhere, index / FPS)} for index in range(68, 76)]
    assert ids[7] and ids[7] <= ids[-1]
    assert not ids[20]


def test_who_was_given_is_followed_though_no_search_finds_them(estimator, monkeypatch):
    tracker = Tracker(estimator, boxes=[BOX])
    monkeypatch.setattr(estimator, "find", lambda img: [])
    for index, frame in enumerate(frames(20)):
        (person,) = tracker.update(frame, index / 5)
        assert person.id == 1 and not person.pose.unsure


def test_people_who_were_given_are_all_followed_each_with_an_id(estimator):
    person = cv2.imread(str(PHOTO))[110:400, 250:410]
    wide = np.full((424, 900, 3), 150, np.uint8)
    wide[60:350, 40:200], wide[60:350, 700:860] = person, person
    tracker = Tracker(estimator, people=1, boxes=[(60, 75, 120, 260), (720, 75, 120, 260)])
    for index in range(2):
        assert [someone.id for someone in tracker.update(wide, index / FPS)] == [1, 2]


@pytest.mark.parametrize("empty", [3, 20])
def test_who_comes_into_an_empty_scene_is_sure_at_once(estimator, empty):
    photo, tracker = cv2.imread(str(PHOTO)), Tracker(estimator, people=1)
    for index in range(empty):
        assert all(person.pose.unsure for person in tracker.update(np.full_like(photo, 128), index / FPS))
    for index in range(empty, empty + 4):
        (person,) = tracker.update(photo, index / FPS)
        assert index == empty or not person.pose.unsure


@pytest.mark.parametrize("source", [list, iter])  # smoothed by what comes after too, and by the past alone
@pytest.mark.parametrize("by", [0.5, 1.5])
def test_people_stay_who_and_where_they_are_as_the_picture_changes_its_size(estimator, by, source):
    person = cv2.imread(str(PHOTO))[110:400, 250:410]
    wide = np.full((424, 1000, 3), 150, np.uint8)
    for left in (300, 700):
        wide[60:350, left : left + 160] = person
    other = cv2.resize(wide, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)
    places = []
    for frame in estimator.stream(source([wide] * 8 + [other] * 8), boxes=[(320, 75, 120, 260), (720, 75, 120, 260)]):
        scale = frame.image.shape[1] / 1000
        places.append({p.id: p.pose.keypoints[:, 0].mean() / scale for p in frame.people})
    assert all(set(place) == {1, 2} for place in places)
    assert np.ptp([[place[1], place[2]] for place in places], axis=0).max() < 25
