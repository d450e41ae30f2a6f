"""Protocols: perfect poses err by nothing, known errors come out as they are, the tables have the paper's form."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch
from dataset_layouts import H36M_CAMERA, write_human36m_archive, write_mpi_test, write_video
from drawn_people import drawn_people, drawn_person, person_mm
from sspnet_train.data.boxes import box_around
from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.errors import DataError, TrainingError
from sspnet_train.evaluation.paper_tables import evaluate_protocol
from sspnet_train.evaluation.predict import HeadPoses, predict_heads
from sspnet_train.evaluation.protocols import (
    given_root_z,
    heads_table,
    human36m_tables,
    joint_errors,
    mpi_inf_3dhp_tables,
    synth3d_tables,
    torso_pck,
)
from sspnet_train.evaluation.scores import predict_cuts, score
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.model import SSPNet, SSPNetConfig

CONFIG = SSPNetConfig("k2", pyramids=2)


def laboratory_person(seed: int, action: str) -> Sample:
    joints = person_mm(seed) + np.array([100, 50, 4000])
    keypoints, relative, ones = H36M_CAMERA.project(joints), joints - joints[0], np.ones(17, np.float32)
    return Sample(
        np.zeros((2, 2, 3), np.uint8), box_around(keypoints), keypoints, ones, relative[:, 2], ones, relative, camera=H36M_CAMERA,
        root_z=4000.0, focal=1145.0, action=action,
    )  # fmt: skip


def perfect(samples: list[Sample], heads: int = 6) -> HeadPoses:
    keypoints, depth = np.stack([s.keypoints for s in samples]), np.stack([s.depth for s in samples])
    return HeadPoses(np.stack([keypoints] * heads), np.stack([depth] * heads), np.ones((heads, len(samples), 17)), None, samples)


def test_true_poses_err_by_nothing_and_shifted_depth_by_its_shift():
    poses = perfect([laboratory_person(i, "Eating") for i in range(3)])
    root_z = given_root_z(poses)
    assert joint_errors(poses, -1, root_z).max() < 1e-3
    poses.depth[-1][:, 3] += 17.0
    off = joint_errors(poses, -1, root_z)
    assert off[:, 3] == pytest.approx([17] * 3, rel=0.05) and off[:, 4].max() < 1e-3


def test_human36m_table_has_the_papers_actions_with_its_figures_beside():
    poses = perfect([laboratory_person(0, "Eating"), laboratory_person(1, "WalkDog"), laboratory_person(2, "WalkDog")])
    poses.depth[-1][1:, 1:] += 20.0
    table, heads = human36m_tables({"Z given, one crop": (poses, given_root_z(poses))}, CONFIG)
    ours = dict(zip(table.columns, table.rows[0], strict=True))
    assert ours["Eating"] == pytest.approx(0, abs=0.01) and ours["WalkDog"] == pytest.approx(20, rel=0.05)
    assert ours["Directions"] is None and ours["mean"] == pytest.approx(2 / 3 * ours["WalkDog"], rel=1e-6)
    paper = dict(zip(table.columns, table.rows[2], strict=True))
    assert (paper["Directions"], paper["WalkTogether"], paper["mean"]) == (46.9, 45.9, 51.6)
    assert heads.rows[3][1] == pytest.approx(0, abs=0.01) and heads.rows[0][1] is None
    assert "| paper, level 0 | – | 64.1 |" in heads.markdown()


def test_mpi_inf_3dhp_table_counts_fourteen_joints_within_150_mm():
    poses = perfect([laboratory_person(0, "StdWalk"), laboratory_person(1, "Misc")])
    poses.depth[-1][0, [13, 16]] += 400.0
    table, _ = mpi_inf_3dhp_tables({"Z given, one crop": (poses, given_root_z(poses))}, CONFIG)
    ours = dict(zip(table.columns, table.rows[0], strict=True))
    assert ours["StdWalk"] == pytest.approx(100 * 12 / 14) and ours["Misc"] == 100 and ours["Exer"] is None
    assert ours["all"] == pytest.approx(100 * 26 / 28)
    assert table.rows[1] == ["paper, Z given", 87.1, 85.4, 85.9, 81.6, 68.5, 88.2, 83.0, 83.2, 44.3, 96.8]


def test_rendered_people_of_whom_nobody_is_in_sight_are_no_table_of_nan():
    people = [replace(laboratory_person(i, "Eating"), visible=np.zeros(17, bool)) for i in range(3)]
    ours = {"Z given": (perfect(people, heads=6), np.full(3, 4000.0))}
    with pytest.raises(DataError, match="none of 3 people has 11 of 12 limb joints in sight"):
        synth3d_tables(ours, CONFIG)


def test_table_5_puts_every_head_at_its_level_and_pyramid():
    table = heads_table(SSPNetConfig("k4", pyramids=4), float, "PCK")
    assert table.rows == [
        ["level 0", None, 5.0, None, 11.0],
        ["level 1", 0.0, 4.0, 6.0, 10.0],
        ["level 2", 1.0, 3.0, 7.0, 9.0],
        ["level 3", 2.0, None, 8.0, None],
    ]


def test_pck_leaves_unlabelled_joints_out():
    samples = [drawn_person(0), drawn_person(1)]
    poses = perfect(samples)
    poses.keypoints[-1][0, 3] += 500
    assert torso_pck(poses, -1) == pytest.approx(23 / 24)
    samples[0].weight[3] = 0
    assert torso_pck(poses, -1) == 1.0


@pytest.fixture
def network(tiny_config):
    torch.manual_seed(1)
    return SSPNet(tiny_config).eval()


def test_mirrored_views_make_the_answer_that_a_mirrored_picture_mirrors(network):
    sample = drawn_person(4)
    width = sample.image.shape[1]
    x, y, w, h = sample.box
    mirrored = replace(sample, image=np.ascontiguousarray(sample.image[:, ::-1]), box=np.array([width - x - w, y, w, h]))
    straight, turned = (
        predict_heads(network, SampleSource("one", 1, lambda _, s=s: s), 64, flip=True) for s in (sample, mirrored)
    )
    order = [0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13]
    back = turned.keypoints[:, :, order] * [-1, 1] + [width, 0]
    np.testing.assert_allclose(straight.keypoints, back, atol=0.5)


def test_five_crops_are_the_mean_over_five_boxes(network):
    one, five = (predict_heads(network, drawn_people(3), 64, crops=crops) for crops in (1, 5))
    assert one.keypoints.shape == five.keypoints.shape == (6, 3, 17, 2)
    assert 0 < np.abs(one.keypoints - five.keypoints).max() < 80


def test_a_cut_is_the_last_head_of_its_pyramid_in_card_and_report_alike(network):
    people = drawn_people(3)
    poses, cuts = predict_heads(network, people, 64), predict_cuts(network, people, 64, [1, 2])
    for cut in (1, 2):
        np.testing.assert_allclose(cuts.keypoints[cut], poses.keypoints[cut * network.config.levels - 1], atol=1e-3)
        assert score(cuts, cut)["pck"] == pytest.approx(torso_pck(poses, cut * network.config.levels - 1))
    assert len(predict_heads(network, people, 64, last_cut=1).keypoints) == network.config.levels


def checkpoint(network: SSPNet, tmp_path, data: str):
    save_checkpoint(tmp_path / "c.safetensors", network.config, network.state_dict(), {"data": data})
    return tmp_path / "c.safetensors"


def test_human36m_from_disk_to_a_report(network, tmp_path):
    write_human36m_archive(tmp_path / "h36m", "S9", "Eating", 130)
    write_video(tmp_path / "h36m" / "S9" / "Videos" / "Eating.54138969.mp4", 130, size=1000)
    path = checkpoint(network, tmp_path, "human36m,mpii")
    tables = evaluate_protocol(path, "human36m", tmp_path / "h36m", size=64, multi_crop=True, report=tmp_path / "report")
    assert [row[0] for row in tables[0].rows[::2][:3]] == [
        f"Z given, {way}" for way in ("one crop", "with flip", "5 crops and flips")
    ]
    rows = list(csv.reader((tmp_path / "report/human36m_actions.csv").open()))
    assert rows[0][3] == "Eating" and float(rows[1][3]) > 0
    assert "3 people" in (tmp_path / "report/report.md").read_text()


def test_a_network_of_cocos_joints_is_measured_on_the_joints_in_common(network, tmp_path):
    write_mpi_test(tmp_path / "mpi")
    path = checkpoint(network, tmp_path, "people3d,synth3d")
    tables = evaluate_protocol(path, "mpi-inf-3dhp", tmp_path / "mpi", size=64, report=tmp_path / "report")
    assert tables[0].rows[0][1] is not None
    assert "Spine, neck and head are left out" in (tmp_path / "report/report.md").read_text()


def test_an_unknown_protocol_and_a_wrong_size_are_told(network, tmp_path):
    path = checkpoint(network, tmp_path, "")
    with pytest.raises(TrainingError, match="choose from human36m, mpi-inf-3dhp, synth3d, people3d, coco, mpii"):
        evaluate_protocol(path, "h36m", tmp_path)
    with pytest.raises(TrainingError, match="size 100 is not a multiple of 64"):
        evaluate_protocol(path, "human36m", tmp_path, size=100)
