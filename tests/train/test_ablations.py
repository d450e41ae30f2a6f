"""The paper's ablations come out of one call, and say what they should where the answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn_people import write_synth3d
from sspnet_train.data.synth3d import synth3d
from sspnet_train.errors import TrainingError
from sspnet_train.evaluation.ablations import argmax_error, cell_centre, error_by_root_noise
from sspnet_train.evaluation.paper_tables import ablate_checkpoint, evaluate_protocol
from sspnet_train.evaluation.predict import HeadPoses
from sspnet_train.evaluation.protocols import given_root_z, mpjpe_of_head
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.model import SSPNet


@pytest.fixture
def people(tmp_path):
    return write_synth3d(tmp_path / "synth3d", 12)


@pytest.fixture
def poses(people):
    source = synth3d(people, "val")
    samples = [source[i] for i in range(len(source))]
    keypoints, depth = np.stack([s.keypoints for s in samples])[None], np.stack([s.depth for s in samples])[None]
    return HeadPoses(keypoints.astype(float), depth.astype(float), np.ones(depth.shape), None, samples)


@pytest.fixture
def checkpoint(tiny_config, tmp_path):
    torch.manual_seed(2)
    network = SSPNet(tiny_config)
    save_checkpoint(tmp_path / "c.safetensors", network.config, network.state_dict(), {"data": "synth3d"})
    return tmp_path / "c.safetensors"


def test_cells_have_their_centres():
    assert cell_centre(np.array([0.0, 0.24, 0.25, 1.0]), 4).tolist() == [0.125, 0.125, 0.375, 0.875]


def test_argmax_errs_by_its_cells_and_less_with_more_of_them(poses):
    errors = [argmax_error(poses, side) for side in (4, 8, 16, 32, 512)]
    assert errors == sorted(errors, reverse=True) and errors[-1] < 8 < 100 < errors[0]


def test_root_noise_scales_a_true_pose(poses):
    rows = dict(error_by_root_noise(poses).rows)
    assert rows[0] < 5 and rows[100] < rows[300] < rows[500]
    assert rows[100] == pytest.approx(0.02 * 750, rel=0.5)


def test_one_call_leaves_pictures_and_tables(people, checkpoint, tmp_path):
    pytest.importorskip("matplotlib")
    tables = ablate_checkpoint(checkpoint, "synth3d", people, tmp_path / "report", size=128)
    assert [table.name for table in tables] == ["heads", "speed", "root_noise", "soft_argmax"]
    found = {path.name for path in (tmp_path / "report").iterdir()}
    assert {"report.md", *(f"{name}.csv" for name in ("heads", "speed", "root_noise", "soft_argmax"))} <= found
    assert {f"{name}.png" for name in ("heads", "speed", "root_noise", "soft_argmax")} | {"heatmaps.jpg"} <= found
    assert [row[0] for row in tables[1].rows] == [1, 2] and all(row[1] > 0 for row in tables[1].rows)


def test_rendered_people_have_a_table_of_their_own(people, checkpoint):
    table, heads = evaluate_protocol(checkpoint, "synth3d", people, size=64, multi_crop=True)
    assert len(table.rows) == 3 and table.rows[0][-1] == 4 and len(heads.rows) == 8


def test_a_network_with_face_and_feet_is_measured_on_the_joints_of_the_set(people, poses, tiny_config, tmp_path):
    network = SSPNet(replace(tiny_config, joints=28, lift=1.0))
    save_checkpoint(tmp_path / "28.safetensors", network.config, network.state_dict(), {"data": "synth3d"})
    table, _ = evaluate_protocol(tmp_path / "28.safetensors", "synth3d", people, size=64)
    assert len(table.rows[0]) == len(table.columns) == 6 and all(np.isfinite(cell) for cell in table.rows[0][1:])
    true = mpjpe_of_head(poses, 0, given_root_z(poses))
    poses.keypoints, poses.depth = (np.concatenate([part, part[:, :, :11]], axis=2) for part in (poses.keypoints, poses.depth))
    assert mpjpe_of_head(poses, 0, given_root_z(poses)) == true


def test_photographs_without_millimetres_are_refused(people, checkpoint, tmp_path):
    with pytest.raises(TrainingError, match="ablations need true millimetres: choose from human36m, mpi-inf-3dhp, synth3d"):
        ablate_checkpoint(checkpoint, "people3d", people, tmp_path / "report")
