"""The mean of checkpoints, and what cannot be averaged."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from sspnet_train.errors import CheckpointError, TrainingError
from sspnet_train.network.average import average
from sspnet_train.network.checkpoint import read_checkpoint, save_checkpoint
from sspnet_train.network.model import SSPNet


@pytest.fixture
def runs(tiny_config, tmp_path):
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    for seed, path in enumerate(paths):
        torch.manual_seed(seed)
        save_checkpoint(path, tiny_config, SSPNet(tiny_config).state_dict(), {"crops": str(90 + 20 * seed), "recipe": "settle"})
    return paths


def test_every_weight_is_half_way_and_the_longer_runs_notes_stay(runs, tmp_path):
    average(runs, tmp_path / "mean.safetensors")
    (config, first, _), (_, second, _), (mean_config, mean, notes) = map(read_checkpoint, (*runs, tmp_path / "mean.safetensors"))
    assert mean_config == config and notes == {"crops": "110", "recipe": "settle"}
    for key, value in mean.items():
        expected = (first[key] + second[key]) / 2 if value.is_floating_point() else first[key]
        torch.testing.assert_close(value, expected, atol=2e-3, rtol=0)
    assert any(not torch.equal(first[key], second[key]) for key in first)


def test_another_network_is_refused_and_nothing_is_written(runs, tiny_config, tmp_path):
    other = replace(tiny_config, width=tiny_config.width * 2)
    save_checkpoint(tmp_path / "other.safetensors", other, SSPNet(other).state_dict())
    with pytest.raises(TrainingError, match="another network"):
        average([*runs, tmp_path / "other.safetensors"], tmp_path / "mean.safetensors")
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        average([*runs, tmp_path / "none.safetensors"], tmp_path / "mean.safetensors")
    assert not (tmp_path / "mean.safetensors").exists()
