"""Hand labels: our joints, trust by visibility, a validation split by picture."""

from __future__ import annotations

import io
import tarfile

import cv2
import numpy as np
import pytest
from sspnet_train.data.catalog import recognise
from sspnet_train.data.people2d import HIDDEN_WEIGHT, SEEN_WEIGHT, held_out_picture, people2d
from sspnet_train.errors import DataError


@pytest.fixture
def folder(tmp_path):
    """Six crops of COCO, two of MPII, one of PARSE; the first three are of a held-out picture, the next of another. There people
    stand elsewhere and are four times as large as in their crops."""
    rng = np.random.default_rng(0)
    crops = [f"{row:05d}.webp" for row in range(9)]
    with tarfile.open(tmp_path / "hand_00.tar", "w") as archive:
        for name in crops:
            data = cv2.imencode(".webp", np.full((60, 60, 3), 90, np.uint8))[1].tobytes()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    box, xy, vis = np.tile([5.0, 5, 50, 50], (9, 1)), rng.uniform(5, 55, (9, 17, 2)), np.full((9, 17), 2, np.uint8)
    vis[0, 5], vis[0, 0] = 1, 0
    source = np.array(["coco"] * 6 + ["mpii"] * 2 + ["parse"])
    np.savez(tmp_path / "labels.npz", name=np.array(crops), source=source, box=box, xy=xy, vis=vis, lr=source != "parse")
    names = [f"p{i}.webp" for i in range(99)]
    kept_aside, other = (next(name for name in names if held_out_picture(name) == held) for held in (True, False))
    picture = np.array([kept_aside] * 3 + [other])
    there = {"box": 4 * box[:4] + [300, 70, 0, 0], "xy": 4 * xy[:4] + [300, 70]}
    np.savez(tmp_path / "pictures.npz", picture=picture, **there, vis=vis[:4])
    return tmp_path


def test_people_of_a_held_out_picture_are_never_trained_on(folder):
    assert recognise(folder) == "people2d"
    held = {people2d(folder, "val")[i].name for i in range(len(people2d(folder, "val")))}
    kept = {people2d(folder, "train")[i].name for i in range(len(people2d(folder, "train")))}
    assert {"00000.webp", "00001.webp", "00002.webp"} <= held and {"00003.webp", "00004.webp", "00005.webp"} <= kept
    assert not held & kept and "00008.webp" not in held | kept


def test_a_seen_joint_counts_more_than_a_hidden_one_and_an_unlabelled_one_not_at_all(folder):
    sample = next(s for s in map(people2d(folder, "val").read, range(3)) if s.name == "00000.webp")
    weight = dict(enumerate(sample.weight.tolist()))
    assert weight[14] == pytest.approx(SEEN_WEIGHT) and weight[11] == pytest.approx(HIDDEN_WEIGHT) and weight[17] == 0
    assert not sample.weight[22:].any() and sample.keypoints.shape == (28, 2)


def test_without_the_list_of_pictures_nothing_is_split(folder):
    (folder / "pictures.npz").unlink()
    with pytest.raises(DataError, match=r"pictures\.npz"):
        people2d(folder, "train")
