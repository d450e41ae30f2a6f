"""The command that makes the default model does only what is not done yet."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drawn_people import write_synth3d
from sspnet_train.default_model import default_model, trained
from sspnet_train.errors import TrainingError
from sspnet_train.network.checkpoint import read_checkpoint, save_checkpoint
from sspnet_train.network.model import SSPNet
from sspnet_train.training.recipes import RECIPES


@pytest.fixture
def start(tiny_config, tmp_path):
    save_checkpoint(tmp_path / "start.safetensors", tiny_config, SSPNet(tiny_config).state_dict())
    return tmp_path / "start.safetensors"


def test_a_training_goes_on_where_it_was_saved_and_is_not_run_twice(tiny_recipe, start, monkeypatch, tmp_path):
    monkeypatch.setitem(RECIPES, "small", replace(tiny_recipe, name="small", shares={"synth3d": 1.0}))
    data, folder = {"synth3d": write_synth3d(tmp_path / "synth3d", 9)}, tmp_path / "run"
    trained(data, folder, "small", 20, start)
    checkpoint = trained(data, folder, "small", 40, start)
    assert read_checkpoint(checkpoint)[2]["step"] == "40"
    assert [line.split(",")[0] for line in (folder / "log.csv").read_text().splitlines()] == ["step", "20", "40"]
    written = checkpoint.stat().st_mtime_ns
    assert trained(data, folder, "small", 40, start).stat().st_mtime_ns == written


def test_a_stage_that_fails_stops_the_command(tmp_path):
    with pytest.raises(TrainingError, match="movenet_start failed"):
        default_model(tmp_path / "none.json", tmp_path / "none", tmp_path / "none.npz", tmp_path / "model")
