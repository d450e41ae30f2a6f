"""Checkpoints come back as they were written, and hostile files are refused in one line."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file
from sspnet_train.errors import CheckpointError
from sspnet_train.network.blocks import PredictionBlock
from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint
from sspnet_train.network.model import CONFIGS, SSPNet
from sspnet_train.training.run import checkpoint_of

TINY = CONFIGS["tiny"]


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return SSPNet(TINY).eval()


@pytest.fixture
def checkpoint(network, tmp_path):
    path = tmp_path / "tiny.safetensors"
    save_checkpoint(path, TINY, network.state_dict(), {"step": "7"})
    return path


def test_config_notes_and_weights_come_back(network, checkpoint):
    config, weights, notes = read_checkpoint(checkpoint)
    assert config == TINY and notes == {"step": "7"}
    assert set(weights) == set(network.state_dict())
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        before, after = network(image)[-1].pose, load_network(checkpoint)(image)[-1].pose
    torch.testing.assert_close(after, before, atol=2e-3, rtol=0)  # fp16
    assert [p.name for p in checkpoint.parent.iterdir()] == [checkpoint.name]


def test_large_variances_survive(network, tmp_path):
    weights = {key: value.clone() for key, value in network.state_dict().items()}
    weights["entry.stem.bn.running_var"].fill_(1e6)
    save_checkpoint(tmp_path / "c.safetensors", TINY, weights)
    assert (load_network(tmp_path / "c.safetensors").entry.stem.bn.running_var == 1e6).all()


def test_a_prior_of_one_width_for_all_joints_becomes_one_for_each():
    block = PredictionBlock(8, 28, 3, refining=True)
    before = block.state_dict() | {"sharpness": torch.tensor(2.0), "log_scale": torch.tensor(0.5)}
    block.load_state_dict(before)
    assert block.sharpness.shape == (28, 1, 1) and (block.sharpness == 2).all() and (block.log_scale == 0.5).all()


def hostile(tmp_path, network, config=None, **weights):
    path = tmp_path / "hostile.safetensors"
    text = config if isinstance(config, str) else json.dumps({**TINY.to_dict(), **(config or {})})
    save_file({**{k: v.contiguous() for k, v in network.state_dict().items()}, **weights}, path, {"sspnet_config": text})
    return path


@pytest.mark.parametrize(
    "config",
    ["{", "[]", "null", "3", '{"name": "x", "pyramids": 3}', {"surprise": 1}, {"pyramids": 2_000_000_000}, {"width": 10**7},
     {"width": "wide"}, {"width": -8}, {"kernel": 2.5}, {"pyramids": "8"}, {"depths": [10**9] * 4}, {"levels": 0},
     {"entry": "movenet"}],
    ids=str,
)  # fmt: skip
def test_a_config_that_lies_is_refused_before_memory_is_taken(network, tmp_path, config):
    with pytest.raises(CheckpointError) as error:
        load_network(hostile(tmp_path, network, config))
    assert "hostile.safetensors" in str(error.value) and "\n" not in str(error.value)


def test_weights_that_do_not_fit_are_named(network, tmp_path):
    with pytest.raises(CheckpointError, match="do not fit"):
        load_network(hostile(tmp_path, network, **{"entry.stem.conv.weight": torch.zeros(3, 3)}))
    with pytest.raises(CheckpointError, match="do not fit"):
        load_network(hostile(tmp_path, network, surprise=torch.zeros(3)))


def test_weights_that_are_not_numbers_are_named(network, tmp_path):
    with pytest.raises(CheckpointError, match=r"entry.stem.bn.bias holds numbers that are not finite"):
        load_network(hostile(tmp_path, network, **{"entry.stem.bn.bias": torch.full((8,), float("nan"))}))


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"\xff" * 64, (2**62).to_bytes(8, "little") + b"{}"], ids=repr)
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "other.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is not a"):
        read_checkpoint(path)


def test_a_missing_file_a_folder_and_a_foreign_checkpoint_are_named(tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        read_checkpoint(tmp_path / "nothing.safetensors")
    with pytest.raises(CheckpointError, match=r"is a folder; a checkpoint is a \.safetensors file$"):
        read_checkpoint(tmp_path)
    save_file({"a": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    with pytest.raises(CheckpointError, match="no SSP-Net config"):
        read_checkpoint(tmp_path / "foreign.safetensors")


def test_a_runs_folder_in_place_of_its_checkpoint_is_told_where_that_is(checkpoint):
    for read in (read_checkpoint, checkpoint_of):
        with pytest.raises(CheckpointError, match=f"is a folder; a checkpoint is a .safetensors file, as {checkpoint}"):
            read(checkpoint.parent)


def test_a_truncated_checkpoint_is_refused(checkpoint):
    checkpoint.write_bytes(checkpoint.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="is not a"):
        read_checkpoint(checkpoint)
