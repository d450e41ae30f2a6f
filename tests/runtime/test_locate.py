"""People in a whole picture, of maps drawn by hand: who comes first, who is looked at again, when finer cells are asked."""

import numpy as np
import pytest

from sspnet_sdk.bundles.thresholds import SCHEMA_1, read_finder, read_poses
from sspnet_sdk.finding.centre_map import likeliest_cells
from sspnet_sdk.finding.locate import find_people as find_people_by
from sspnet_sdk.finding.peaks import Found, Peaks
from sspnet_sdk.finding.person_box import box_of_seen_joints
from sspnet_sdk.images.image import open_image

CELLS = 32
POSES = read_poses(SCHEMA_1["poses"])
PICTURE = open_image(np.zeros((320, 320, 3), np.uint8), "rgb")


def find_people(image, *arguments, **numbers):
    """By the numbers of schema 1, except some of them."""
    return find_people_by(image, Peaks(read_finder(SCHEMA_1["finder"] | numbers), POSES), *arguments)


def maps(*people):
    """The finder's answer; people: (u, v, height, certainty) in shares of the picture."""
    centre, joints, heat = (np.zeros(shape, np.float32) for shape in ((CELLS, CELLS), (17, 2, CELLS, CELLS), (17, CELLS, CELLS)))
    for u, v, height, certainty in people:
        row, column = int(v * CELLS), int(u * CELLS)
        centre[row, column] = certainty
        for joint in range(17):
            x, y = u + height * 0.02 * (joint % 5 - 2), v + height * (joint / 16 - 0.5)
            joints[joint, :, row, column] = x, y
            heat[joint, int(y * CELLS), int(x * CELLS)] = certainty
    return centre, joints, heat


class Finder:
    """Answers for the whole picture and for what is nearer; counts how often it is asked."""

    def __init__(self, whole, nearer=None):
        self.whole, self.nearer, self.runs = whole, nearer, 0

    def __call__(self, crop):
        self.runs += 1
        return self.nearer if self.nearer is not None and crop.side < 300 else self.whole


def middle(person):
    return person.box[0] + person.box[2] / 2


@pytest.mark.parametrize("seed", range(5))
def test_a_cell_may_be_a_persons_centre_where_none_of_its_eight_neighbours_is_likelier(seed):
    centre = np.random.default_rng(seed).uniform(0, 1, (12, 9)).astype(np.float32)
    around = np.pad(centre, 1)
    peaks = [
        (row, column)
        for row, column in np.ndindex(12, 9)
        if centre[row, column] >= max(0.5, around[row : row + 3, column : column + 3].max())
    ]
    peaks.sort(key=lambda cell: -centre[cell])
    for most in (3, 100):
        assert list(zip(*likeliest_cells(centre, 0.5, most), strict=True)) == peaks[:most]


@pytest.mark.parametrize("box", [(3, 4, 90, 30), (3, 4, 30, 90)])
def test_who_lies_is_as_large_as_who_stands(box):
    assert Found(box, 1.0, True).longer_side == 90


def test_who_is_certain_and_in_the_middle_comes_first_and_everybody_once():
    again = (0.58, 0.5, 0.6, 0.5)
    people = find_people(PICTURE, Finder(maps((0.2, 0.5, 0.6, 0.8), (0.55, 0.5, 0.6, 0.8), again)), 0)
    assert [middle(person) for person in people] == pytest.approx([0.55 * 320, 0.2 * 320], rel=0.1)
    assert people[0].sure


def test_a_certain_person_comes_before_a_large_doubtful_one():
    people = find_people(PICTURE, Finder(maps((0.3, 0.5, 0.9, 0.3), (0.75, 0.5, 0.55, 0.5))), 0)
    assert middle(people[0]) == pytest.approx(0.75 * 320, rel=0.1)


@pytest.mark.parametrize("looks", [0, 1, 2, 5])
def test_small_people_are_looked_at_again_from_nearer_as_often_as_is_allowed(looks):
    finder = Finder(maps((0.25, 0.5, 0.3, 0.6), (0.75, 0.5, 0.3, 0.6)), maps((0.5, 0.5, 0.6, 0.9)))
    people = find_people(PICTURE, finder, looks)
    assert finder.runs == 1 + min(looks, 2) and len(people) == min(looks, 2)


def test_finer_cells_find_who_is_too_small_for_the_others():
    finder, finer = Finder(maps(), maps((0.5, 0.5, 0.6, 0.9))), Finder(maps((0.7, 0.4, 0.2, 0.7)))
    (person,) = find_people(PICTURE, finder, 3, finer)
    assert finer.runs == 1
    assert (middle(person), person.score) == (pytest.approx(0.7 * 320, rel=0.1), pytest.approx(0.9, rel=0.02))


@pytest.mark.parametrize(("person", "asked"), [((0.5, 0.5, 0.7, 0.55), 0), ((0.5, 0.5, 0.7, 0.45), 1)])
def test_finer_cells_are_asked_only_where_nobody_is_clear(person, asked):
    finer = Finder(maps())
    assert len(find_people(PICTURE, Finder(maps(person)), 3, finer)) == 1
    assert finer.runs == asked


def test_a_confident_pose_settles_a_doubt_without_finer_cells():
    finer, boxes = Finder(maps()), []
    (person,) = find_people(PICTURE, Finder(maps((0.5, 0.5, 0.7, 0.35))), 3, finer, lambda box: boxes.append(box) or (0.8, box))
    assert finer.runs == 0
    np.testing.assert_array_equal(boxes, [person.box])


def test_where_the_finder_doubts_the_most_confident_pose_comes_first():
    finder, finer = Finder(maps((0.3, 0.5, 0.7, 0.38))), Finder(maps((0.75, 0.5, 0.7, 0.33)))
    without = find_people(PICTURE, finder, 3, finer)
    people = find_people(PICTURE, finder, 3, finer, lambda box: (0.4 if box[0] > 160 else 0.1, box))
    assert [middle(person) for person in without] == pytest.approx([0.3 * 320, 0.75 * 320], rel=0.1)
    assert [middle(person) for person in people] == pytest.approx([0.75 * 320, 0.3 * 320], rel=0.1)


@pytest.mark.parametrize(("there", "taken"), [(0.6, True), (0.5, False)])
def test_a_doubtful_persons_box_becomes_their_poses_if_that_is_no_less_confident(there, taken):
    around = np.array([100, 90, 40, 120], np.float32)
    run = Finder(maps((0.5, 0.5, 0.7, 0.35)))
    (person,) = find_people(PICTURE, run, 3, None, lambda box: (there if box is around else 0.55, around))
    assert (person.box is around) == taken


def test_no_pose_is_asked_about_a_clear_person():
    assert find_people(PICTURE, Finder(maps((0.5, 0.5, 0.7, 0.9))), 3, None, lambda box: pytest.fail("asked"))


def test_who_is_doubtful_in_finer_cells_is_nobody():
    assert find_people(PICTURE, Finder(maps()), 3, Finder(maps((0.5, 0.5, 0.7, 0.2)))) == []


def test_a_first_look_leaves_room_for_limbs_that_were_not_seen_but_stays_in_the_picture():
    joints, sure = np.array([[10, 40], [60, 40], [10, 140], [60, 140], [35, 90]], np.float32), np.ones(5, np.float32)
    tight = box_of_seen_joints(joints, sure, 320, 240, POSES)
    roomy = box_of_seen_joints(joints, sure, 320, 240, POSES, first_look=True)
    spare = 0.05 * tight[3]
    np.testing.assert_allclose(tight, [3, 30, 64, 120], atol=1e-4)
    np.testing.assert_allclose(roomy, [0, 30 - spare, 67 + spare, 120 + 2 * spare], atol=1e-4)
