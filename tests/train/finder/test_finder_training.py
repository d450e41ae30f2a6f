"""What a finder learns from, and that it learns."""

import copy
import tarfile

import cv2
import numpy as np
import pytest
import torch
from sspnet_train.data.whole_pictures import WholePicture, WholePictures, four_views, panorama_view, split_of
from sspnet_train.errors import DataError
from sspnet_train.finder import train_finder
from sspnet_train.finder.scenes import FinderExample, empty_view, seen_in, view_of
from sspnet_train.finder.train_finder import finder_loss, targets, train
from sspnet_train.network.multipose import CELL, MultiPose, MultiPoseConfig

SMALL = MultiPoseConfig(8, (8, 8, 8, 8, 8, 8, 12, 12, 12, 12, 16, 16, 16, 16, 16, 16, 24), 32, (16, 12, 8, 8), 16)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Twelve pictures of 200 x 150, each with a red person of 40 x 80 somewhere."""
    folder, rng = tmp_path_factory.mktemp("people"), np.random.default_rng(0)
    names, boxes = [], []
    with tarfile.open(folder / "pictures.tar", "w") as archive:
        for number in range(12):
            image, box = np.full((150, 200, 3), 90, np.uint8), np.array([rng.integers(150), rng.integers(60), 40, 80])
            image[box[1] : box[1] + 80, box[0] : box[0] + 40] = (250, 20, 20)
            names.append(f"picture_{number:04d}.png")
            cv2.imwrite(str(folder / names[-1]), image[..., ::-1])
            archive.add(folder / names[-1], names[-1])
            boxes.append(box.astype(np.float32))
    np.savez(folder / "pictures.npz", picture=np.array(names), box=np.stack(boxes))
    return folder


def test_a_picture_is_either_trained_on_or_held_out(pictures):
    train_names, held_out, whole = (WholePictures(pictures, split).names for split in ("train", "val", "all"))
    assert sorted(train_names + held_out) == whole and all(split_of(name) == "val" for name in held_out)


def test_one_picture_in_five_is_held_out():
    held = [split_of(f"{number:012d}.jpg") == "val" for number in range(1000)]
    assert 0.17 < np.mean(held) < 0.23


def test_a_folder_without_labels_is_named(tmp_path):
    with pytest.raises(DataError, match="holds no pictures"):
        WholePictures(tmp_path, "all")


@pytest.mark.parametrize("seed", range(6))
def test_boxes_follow_the_picture_into_every_view(pictures, seed):
    scene = view_of(WholePictures(pictures, "all")[3], 320, 256, np.random.default_rng(seed))
    red = (scene.image[..., 0] > 200) & (scene.image[..., 1] < 80)
    rows, columns = np.nonzero(red)
    boxes = scene.boxes if len(scene.boxes) else scene.doubtful
    if len(rows):
        seen = [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
        np.testing.assert_allclose(boxes[0], seen, atol=2)


def test_who_is_cut_off_by_more_than_half_is_neither_right_nor_wrong_to_find():
    image = np.zeros((100, 200, 3), np.uint8)
    seen = seen_in(
        image, np.array([[20.0, 20, 60, 60], [-20, 20, 60, 60], [170, 20, 100, 60], [300, 0, 50, 50], [-90, 0, 50, 50]])
    )
    np.testing.assert_array_equal(seen.boxes, [[20, 20, 60, 60], [0, 20, 40, 60]])
    np.testing.assert_array_equal(seen.doubtful, [[170, 20, 30, 60]])


def test_an_empty_view_holds_people_only_where_a_piece_of_a_picture_hangs(pictures):
    panorama, people = np.full((64, 128, 3), 60, np.uint8), WholePictures(pictures, "all")
    views = [empty_view(panorama, 256, 256, np.random.default_rng(seed), people) for seed in range(12)]
    with_red = [bool(((view.image[..., 0] > 200) & (view.image[..., 1] < 80)).any()) for view in views]
    assert [len(view.boxes) + len(view.doubtful) > 0 for view in views] == with_red and any(with_red) and not all(with_red)


def test_a_view_into_a_panorama_looks_where_it_is_turned():
    panorama = np.zeros((64, 128, 3), np.uint8)
    panorama[:, 92:100] = 255  # a quarter of the way right of the middle
    assert panorama_view(panorama, 90, 0, 60, 41, 41)[20, 20, 0] == 255
    assert [int(view[320, 320, 0]) for view in four_views(panorama)] == [0, 255, 0, 0]


@pytest.mark.parametrize("pitch", [-45.0, 0.0, 45.0])
def test_a_view_that_looks_up_sees_what_stands_higher(pitch):
    heights = np.linspace(89.5, -89.5, 180) + 90
    panorama = np.repeat(heights.astype(np.uint8), 360 * 3).reshape(180, 360, 3)
    view = panorama_view(panorama, 0, pitch, 60, 61, 61)[:, 30, 0] - 90.0
    np.testing.assert_allclose(view[[0, 30, 60]], pitch + np.array([29.6, 0, -29.6]), atol=1.5)


def test_targets_stand_at_the_middle_of_people_and_say_nothing_of_the_doubtful():
    scene = FinderExample(np.zeros((64, 64, 3), np.uint8), np.array([[8, 16, 24, 32.0]]), np.array([[44, 4, 16, 16.0]]))
    centre, trust, box, known = targets([scene], torch.zeros(0, 16, 16))
    row, column = np.unravel_index(int(centre[0].argmax()), (16, 16))
    assert (row, column) == (32 // CELL, 20 // CELL) and centre[0, row, column] == 1
    assert box[0, :, row, column].tolist() == [0, 0, 6, 8] and known[0, row, column] > 0
    assert trust[0, 2, 12] == 0 and trust[0, 15, 1] == 1


def test_who_is_found_but_not_labelled_is_no_mistake():
    scene = FinderExample(np.zeros((64, 64, 3), np.uint8), np.zeros((0, 4)), np.zeros((0, 4)))
    before = torch.zeros(1, 16, 16)
    before[0, 4, 4] = 0.9
    assert targets([scene], before)[1][0, 4, 4] == 0


def test_training_lowers_the_loss_and_leaves_the_shallow_trunk_alone(pictures, monkeypatch):
    torch.manual_seed(0)
    monkeypatch.setattr(train_finder, "SHAPES", ((96, 96),))
    monkeypatch.setattr(train_finder, "HEAD_RATE", 5e-2)
    start, losses = MultiPose(SMALL).eval(), []
    torch.nn.init.constant_(start.centre[-1].bias, -1.0)
    before = copy.deepcopy(start.state_dict())
    trained = train(
        start, WholePictures(pictures, "all"), [np.full((32, 64, 3), 60, np.uint8)], 40,
        on_step=lambda step, centres, boxes, average: losses.append(centres),
    )  # fmt: skip
    assert np.mean(losses[-8:]) < 0.7 * np.mean(losses[:8])
    after = trained.state_dict()
    assert torch.equal(after["blocks.3.project.conv.weight"], before["blocks.3.project.conv.weight"])
    assert not torch.equal(after["centre.3.weight"], before["centre.3.weight"])
    assert all(torch.equal(value, start.state_dict()[key]) for key, value in before.items())


def test_the_loss_is_centernets_where_the_map_is_trusted_and_the_boxes_mean_error():
    rng = np.random.default_rng(0)
    logits, centre, trust = rng.normal(size=(2, 5, 6)), rng.uniform(0, 0.9, (2, 5, 6)), rng.integers(0, 2, (2, 5, 6))
    centre[0, 1, 2] = centre[1, 4, 0] = 1.0
    box, said_box, known = rng.normal(size=(2, 4, 5, 6)), rng.normal(size=(2, 4, 5, 6)), np.zeros((2, 5, 6))
    known[0, 1, 2], known[1, 4, 0] = 0.25, 0.1
    said = 1 / (1 + np.exp(-logits))
    expected = np.where(centre == 1, -((1 - said) ** 2) * np.log(said), -trust * (1 - centre) ** 4 * said**2 * np.log(1 - said))
    error = (np.abs(said_box - box).sum(axis=1) * known).sum() / 2
    centres, boxes = finder_loss(
        *map(torch.from_numpy, (logits, said_box)), tuple(map(torch.from_numpy, (centre, trust, box, known)))
    )
    assert float(centres) == pytest.approx(expected.sum() / 2) and float(boxes) == pytest.approx(error)


def test_a_sure_answer_in_the_right_place_costs_less():
    picture = WholePicture("a", np.zeros((64, 64, 3), np.uint8), np.array([[16, 16, 32, 32.0]]))
    wanted = targets([FinderExample(picture.image, picture.boxes, np.zeros((0, 4)))], torch.zeros(0, 16, 16))
    right = torch.full((1, 16, 16), -6.0)
    right[0, 8, 8] = 6.0
    exact = wanted[2].clone()
    assert finder_loss(right, exact, wanted)[0] < finder_loss(-right, exact, wanted)[0]
    assert finder_loss(right, exact, wanted)[1] == 0 < finder_loss(right, exact + 1, wanted)[1]
