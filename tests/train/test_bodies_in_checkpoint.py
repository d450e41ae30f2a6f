"""A checkpoint holds all that its millimetres come from: what is trained, averaged, calibrated or resumed keeps it."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn_people import drawn_people, person_mm, write_synth3d
from sspnet_train.errors import TrainingError
from sspnet_train.evaluation.scores import predict_cuts
from sspnet_train.millimetres import train_fusion
from sspnet_train.millimetres.fusion import FusionNetwork
from sspnet_train.millimetres.pose_lift import PoseLift, bodies_of
from sspnet_train.network.average import average
from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint
from sspnet_train.network.model import SSPNet
from sspnet_train.training.loop import RunOptions, train


@pytest.fixture
def bodies():
    torch.manual_seed(3)
    return bodies_of(FusionNetwork(24, 1))


@pytest.fixture
def path(tiny_config, tmp_path, bodies):
    config = replace(tiny_config, lift=0.9)
    save_checkpoint(tmp_path / "own.safetensors", config, SSPNet(config).state_dict(), {"crops": "8"}, bodies)
    return tmp_path / "own.safetensors"


def same(found, bodies) -> bool:
    return found.keys() == bodies.keys() and all(torch.allclose(found[key], bodies[key], atol=2e-3) for key in bodies)


def test_a_checkpoint_brings_its_own_bodies_and_its_network_is_what_it_was(path, bodies):
    network = load_network(path)
    assert same(network.bodies, bodies)
    assert read_checkpoint(path)[1].keys() == network.state_dict().keys()
    assert PoseLift.of(network).fusion.enter.out_features == 24


def test_a_checkpoint_without_bodies_uses_those_in_the_package(tiny_config, tmp_path):
    save_checkpoint(tmp_path / "old.safetensors", tiny_config, SSPNet(tiny_config).state_dict())
    network = load_network(tmp_path / "old.safetensors")
    assert not network.bodies and PoseLift.of(network).fusion.enter.out_features == 240


def test_scores_are_of_the_checkpoints_own_bodies(path):
    own, other = load_network(path), load_network(path)
    other.bodies = {}
    ours, packaged = (predict_cuts(network, drawn_people(3), 64, [2]).joints3d[2] for network in (own, other))
    assert np.abs(ours - packaged).max() > 1


def test_a_run_keeps_the_bodies_of_its_start_even_when_it_was_stopped(tiny_recipe, path, bodies, tmp_path):
    options, sources = RunOptions(2, 0, save_steps=1), {"drawn": drawn_people(4)}
    train(tiny_recipe, sources, {}, tmp_path / "run", options, init=path)
    (tmp_path / "run" / "checkpoint.safetensors").unlink()
    train(tiny_recipe, sources, {}, tmp_path / "run", replace(options, steps=3), resume=True)
    assert same(load_network(tmp_path / "run" / "checkpoint.safetensors").bodies, bodies)


def test_the_mean_has_the_bodies_of_the_longest_run(path, bodies, tmp_path):
    config, weights, _ = read_checkpoint(path)
    save_checkpoint(tmp_path / "short.safetensors", config, weights, {"crops": "1"})
    average([tmp_path / "short.safetensors", path], tmp_path / "mean.safetensors")
    assert same(load_network(tmp_path / "mean.safetensors").bodies, bodies)


def test_bodies_that_never_learnt_of_face_and_feet_leave_them_where_the_heads_see_them(path, bodies):
    network, pose = load_network(path), torch.rand(2, 28, 4)
    expected = PoseLift.of(network)(pose)
    network.bodies = {key: value for key, value in network.bodies.items() if "beside" not in key}
    torch.testing.assert_close(PoseLift.of(network)(pose), expected)


def test_bodies_of_another_kind_are_refused_in_one_line(path):
    network = load_network(path)
    network.bodies |= {"lifter.enter.bias": torch.zeros(3)}
    with pytest.raises(TrainingError, match="not of this version"):
        PoseLift.of(network)


def test_the_command_writes_a_checkpoint_with_the_bodies_that_it_trained(path, tmp_path, monkeypatch):
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.SIMULATED", 8)
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.OBSERVED", 8)
    joints = np.stack([person_mm(seed) * [1, -1, -1] for seed in range(20)])
    np.savez(tmp_path / "poses.npz", joints=joints, clip=np.array([f"clip_{i // 5}" for i in range(20)]))
    data = write_synth3d(tmp_path / "synth3d", 9)
    files = f"--checkpoint {path} --data synth3d={data} --poses {tmp_path / 'poses.npz'} --out {tmp_path / 'done.safetensors'}"
    numbers = "--size 64 --people 8 --cuts 2 --steps 2"
    monkeypatch.setattr(sys, "argv", ["train_fusion", *files.split(), *numbers.split()])
    train_fusion.main()
    before, after = load_network(path), load_network(tmp_path / "done.safetensors")
    for key, value in before.state_dict().items():
        torch.testing.assert_close(after.state_dict()[key], value)
    assert (
        PoseLift.of(after).fusion.enter.out_features == 240 and read_checkpoint(tmp_path / "done.safetensors")[2]["crops"] == "8"
    )
