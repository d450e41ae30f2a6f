"""Each data set in its true layout becomes the one sample type; what is not labelled stays so; a wrong path is told in a line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from dataset_layouts import (
    H36M_CAMERA,
    coco_annotation,
    write_human36m_archive,
    write_human36m_h5,
    write_human36m_npz,
    write_mpi_test,
    write_mpi_training,
    write_mpii_json,
    write_mpii_mat,
    write_own_coco,
    write_people3d,
    write_picture,
    write_video,
)  # fmt: skip
from drawn_people import drawn_person, write_synth3d
from sspnet_train.data.catalog import READERS, common_definition, mixing_shares, open_split, parse_data
from sspnet_train.data.coco import coco
from sspnet_train.data.human36m import human36m
from sspnet_train.data.mpi_inf_3dhp import mpi_inf_3dhp
from sspnet_train.data.mpii import mpii
from sspnet_train.data.people3d import people3d
from sspnet_train.data.sample import Sample
from sspnet_train.data.synth3d import held_out, synth3d
from sspnet_train.errors import DataError


def assert_sees(sample: Sample, joints: np.ndarray, tolerance: float = 0.6) -> None:
    """The sample's camera, keypoints and depths are those of `joints` (17, 3) in the camera's frame."""
    assert sample.camera is not None and sample.root_z == pytest.approx(joints[0, 2], abs=1)
    np.testing.assert_allclose(sample.joints3d, joints - joints[0], atol=0.1)
    np.testing.assert_allclose(sample.depth, joints[:, 2] - joints[0, 2], atol=0.1)
    np.testing.assert_allclose(sample.camera.project(joints), sample.keypoints, atol=tolerance)
    back = sample.camera.unproject(sample.keypoints.astype(float), joints[:, 2])
    np.testing.assert_allclose(back, joints, atol=3)


def test_human36m_from_its_archive_with_videos(tmp_path):
    joints = write_human36m_archive(tmp_path, "S9", "WalkingDog 1", 70)
    write_video(tmp_path / "S9" / "Videos" / "WalkDog 1.54138969.mp4", 70)
    source = human36m(tmp_path, "val")
    assert len(source) == 2
    assert_sees(source[1], joints[64])
    np.testing.assert_allclose(source[1].keypoints, H36M_CAMERA.project(joints[64]), atol=0.01)
    assert source[1].action == "WalkDog" and (source[1].weight == 1).all()


def test_human36m_reads_the_frame_it_names(tmp_path):
    write_human36m_archive(tmp_path, "S1", "Directions", 20)
    write_video(tmp_path / "S1" / "Videos" / "Directions.54138969.mp4", 20)
    source = human36m(tmp_path, "train")
    greys = {i: source[i].image.mean() for i in (15, 3, 4, 19, 0)}
    assert all(abs(grey - 10 * i) < 4 for i, grey in greys.items())


def test_human36m_from_h36m_fetch(tmp_path):
    joints = write_human36m_h5(tmp_path, "S11", "Directions-2", 8)
    source = human36m(tmp_path, "val")
    assert len(source) == 16 and source[0].action == "Directions"
    assert_sees(source[3], joints[3])


def test_human36m_from_videopose3d_with_distortion(tmp_path):
    joints = write_human36m_npz(tmp_path, "S5", "TakingPhoto", 5)
    for number in (1, 4):
        write_picture(tmp_path / "images" / "S5" / "Photo.54138969" / f"{number:06d}.jpg")
    source = human36m(tmp_path, "train")
    assert len(source) == 2 and source[1].action == "Photo"
    assert_sees(source[1], joints[3])
    np.testing.assert_allclose(source[1].keypoints, H36M_CAMERA.project(joints[3]), atol=0.05)


def test_mpi_inf_3dhp_training_from_video_and_from_frames(tmp_path):
    joints = write_mpi_training(tmp_path)
    source = mpi_inf_3dhp(tmp_path, "train")
    assert len(source) == 12 + 2
    assert_sees(source[7], joints[7])
    assert_sees(source[13], joints[5])
    assert abs(source[7].image.mean() - 70) < 4


def test_mpi_inf_3dhp_test_set_leaves_invalid_frames_out(tmp_path):
    joints = write_mpi_test(tmp_path)
    source = mpi_inf_3dhp(tmp_path, "val")
    assert [source[i].action for i in range(len(source))] == ["StdWalk", "StdWalk", "OnFloor", "OnFloor", "Misc"]
    assert_sees(source[2], joints[3])


@pytest.mark.parametrize("write", [write_mpii_mat, write_mpii_json])
def test_mpii_maps_its_joints_and_masks_the_missing(tmp_path, write):
    keypoints = drawn_person(3, 200).keypoints
    write(tmp_path, keypoints)
    source = mpii(tmp_path, "train")
    sample = source[0]
    assert len(source) in (1, 2)
    assert sample.weight[7] == 0 and sample.weight[10] == 0 and sample.weight.sum() == 15
    labelled = sample.weight > 0
    np.testing.assert_allclose(sample.keypoints[labelled], keypoints[labelled], atol=1e-3)
    np.testing.assert_allclose(sample.box, [40, 40, 120, 120], atol=1e-4)
    assert not sample.visible[3] and sample.visible[2]
    assert (sample.weight_depth == 0).all() and sample.joints3d is None


ODD_MPII = {
    "no scale": ({"scale": 0}, "scale 0"),
    "a test picture's placeholders": ({"scale": -1.0, "center": [-1.0, -1.0]}, "scale -1"),
    "no number": ({"scale": float("nan")}, "scale nan"),
    "no place": ({"center": [float("inf"), 5.0]}, "centre inf, 5"),
    "no picture": ({"image": "gone.jpg"}, "names gone.jpg, which is not in"),
}


@pytest.mark.parametrize("odd", ODD_MPII)
def test_somebody_of_mpii_who_cannot_be_cropped_is_refused_when_the_set_is_opened(tmp_path, odd):
    changed, message = ODD_MPII[odd]
    write_mpii_json(tmp_path, drawn_person(3, 200).keypoints)
    file = tmp_path / "annot" / "train.json"
    file.write_text(json.dumps([{**json.loads(file.read_text())[0], **changed}]))
    with pytest.raises(DataError, match=message):
        mpii(tmp_path, "train")


def test_somebody_of_mpii_without_a_labelled_joint_is_no_picture_of_nobody(tmp_path):
    write_mpii_json(tmp_path, drawn_person(3, 200).keypoints)
    file = tmp_path / "annot" / "train.json"
    (person,) = json.loads(file.read_text())
    file.write_text(json.dumps([{**person, "joints": [[-1.0, -1.0]] * 16}, person]))
    source = mpii(tmp_path, "train")
    assert len(source) == 1 and source[0].weight.any()


def test_coco_official_layout_and_what_follows_from_its_joints(tmp_path):
    points = np.arange(34).reshape(17, 2)
    whole, no_ear, crowd = (coco_annotation(7, points, [2] * 17) for _ in range(3))
    no_ear["keypoints"][3 * 3 + 2] = 0
    crowd["iscrowd"] = 1
    (tmp_path / "annotations").mkdir()
    content = {"images": [{"id": 7, "file_name": "a.jpg"}], "annotations": [whole, no_ear, crowd]}
    (tmp_path / "annotations" / "person_keypoints_val2017.json").write_text(json.dumps(content))
    write_picture(tmp_path / "val2017" / "a.jpg")
    source = coco(tmp_path, "val")
    assert len(source) == 2
    full, partial = source[0], source[1]
    assert (full.weight[:22] == 1).all() and (full.weight[22:] == 0).all()
    np.testing.assert_allclose(full.keypoints[17], points[0] + 0.5)
    np.testing.assert_allclose(full.keypoints[11], points[5] + 0.5)
    np.testing.assert_allclose(full.keypoints[0], (points[11] + points[12]) / 2 + 0.5)
    np.testing.assert_allclose(full.keypoints[10], (points[3] + points[4]) / 2 + 0.5)
    assert set(np.flatnonzero(partial.weight[:22] == 0)) == {9, 10, 20}


def test_photographs_of_ones_own_are_split_by_picture(tmp_path):
    write_own_coco(tmp_path, 40)
    assert parse_data([str(tmp_path)]) == {"coco": tmp_path}
    kept, held = coco(tmp_path, "train"), coco(tmp_path, "val")
    assert len(kept) + len(held) == 40 and 1 <= len(held) <= 12
    assert not {kept[i].name for i in range(len(kept))} & {held[i].name for i in range(len(held))}


def test_people3d_trains_on_agreed_labels_and_validates_on_hands(tmp_path):
    write_people3d(tmp_path)
    kept, held = people3d(tmp_path, "train"), people3d(tmp_path, "val")
    assert (len(kept), len(held)) == (4, 2)
    np.testing.assert_allclose(kept[1].keypoints[:17], drawn_person(1).keypoints, atol=1e-4)
    np.testing.assert_allclose(held[0].keypoints[5], drawn_person(4).keypoints[5] + [3, 0], atol=1e-4)
    assert set(np.flatnonzero(held[0].weight == 0)) == {0, 3, 7, 8, 9, 10}


def test_without_a_second_teacher_a_sure_face_counts_half_and_has_no_depth(tmp_path):
    write_people3d(tmp_path)
    labels, person, face = dict(np.load(tmp_path / "labels.npz")), drawn_person(0), slice(17, 22)
    for name in ("blaze_xy", "blaze_world", "blaze_vis"):
        labels[name] = np.full_like(labels[name], np.nan)
    labels["movenet"][0, :5] = [*person.keypoints[10], 0.8]
    labels["movenet"][0, 4, 2] = 0.4
    np.savez(tmp_path / "labels.npz", **labels)
    sample = people3d(tmp_path, "train")[0]
    np.testing.assert_allclose(sample.weight[face], [0.24, 0.24, 0.24, 0.24, 0], atol=1e-6)
    np.testing.assert_allclose(sample.keypoints[face], np.tile(person.keypoints[10], (5, 1)), atol=1e-4)
    assert not sample.weight[22:].any() and not sample.weight_depth[17:].any()
    assert np.isfinite(sample.depth).all() and np.isfinite(sample.keypoints).all()


def test_synth3d_holds_whole_recordings_out(tmp_path):
    write_synth3d(tmp_path, 9)
    assert (len(synth3d(tmp_path, "train")), len(synth3d(tmp_path, "val"))) == (6, 3)


def test_synth3d_trains_on_no_recording_that_is_held_out_in_a_mix_either(tmp_path):
    write_synth3d(tmp_path, 9)
    labels = dict(np.load(tmp_path / "labels.npz"))
    mixes = ["walk+held-10", "held-10+sit"]
    assert not any(held_out(source) for source in mixes)
    labels["source"] = np.array([*mixes, *labels["source"][2:]])
    np.savez(tmp_path / "labels.npz", **labels)
    train, val = synth3d(tmp_path, "train"), synth3d(tmp_path, "val")
    names = {sample.name for source in (train, val) for sample in (source[i] for i in range(len(source)))}
    assert len(train) + len(val) == 7 and not names & {"00000.webp", "00001.webp"}


@pytest.mark.parametrize("name", list(READERS))
def test_an_empty_folder_is_told_in_one_line_with_what_was_expected(tmp_path, name):
    with pytest.raises(DataError, match=f"^{name}.*expected.*{tmp_path.name}|^{name}.*{tmp_path.name}.*expected") as caught:
        READERS[name].open(tmp_path, "train")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "word, message",
    [("h36m=/x", "no data set is called 'h36m'; choose from human36m"), ("/no/such", "/no/such is no folder")],
)
def test_a_wrong_data_word_says_what_would_be_right(word, message):
    with pytest.raises(DataError, match=message):
        parse_data([word])


def test_a_folder_is_recognised_by_what_it_holds(tmp_path):
    write_synth3d(tmp_path / "a", 3)
    write_mpi_test(tmp_path / "b")
    write_mpii_json(tmp_path / "c", drawn_person(1, 200).keypoints)
    write_human36m_npz(tmp_path / "d", "S1", "Eating", 2)
    found = parse_data([str(tmp_path / letter) for letter in "abcd"])
    assert list(found) == ["synth3d", "mpi-inf-3dhp", "mpii", "human36m"]
    with pytest.raises(DataError, match="not laid out like any of human36m"):
        (tmp_path / "e").mkdir()
        parse_data([str(tmp_path / "e")])


def test_a_folder_of_data_sets_stands_for_all_of_them_and_an_address_stays_one(tmp_path):
    write_people3d(tmp_path / "people3d")
    write_synth3d(tmp_path / "synth3d", 3)
    (tmp_path / "people3d/assets/backgrounds").mkdir(parents=True)
    assert list(parse_data([str(tmp_path)])) == ["synth3d", "people3d", "backgrounds"]
    assert parse_data(["shards=s3://bucket/people"]) == {"shards": "s3://bucket/people"}
    with pytest.raises(DataError, match="synth3d is given twice"):
        parse_data([str(tmp_path), f"synth3d={tmp_path / 'synth3d'}"])


def test_mixed_definitions_mask_what_is_not_the_same_place(tmp_path):
    write_mpi_test(tmp_path)
    sample = open_split("mpi-inf-3dhp", tmp_path, "val", "coco")[0]
    assert set(np.flatnonzero(sample.weight == 0)) == {7, 9, 10}
    np.testing.assert_allclose(sample.keypoints[0], (sample.keypoints[1] + sample.keypoints[4]) / 2)
    assert sample.depth[0] == 0 and sample.joints3d[0].tolist() == [0, 0, 0]


def test_definitions_and_shares_follow_from_the_sets_given():
    assert common_definition(["human36m", "mpii", "backgrounds"]) == "human36m"
    assert common_definition(["human36m", "people3d"]) == "coco"
    recipe = {"people3d": 0.6, "synth3d": 0.4}
    assert mixing_shares(["people3d", "synth3d"], recipe) == recipe
    assert mixing_shares(["mpii", "human36m", "mpi-inf-3dhp"], recipe) == {"mpii": 0.5, "human36m": 0.25, "mpi-inf-3dhp": 0.25}
    assert mixing_shares(["coco"], recipe) == {"coco": 1.0}


def test_a_damaged_picture_is_named(tmp_path: Path):
    write_mpii_json(tmp_path, drawn_person(1, 200).keypoints)
    (tmp_path / "images/000001.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"000001\.jpg is not a readable image"):
        mpii(tmp_path, "train")[0]
