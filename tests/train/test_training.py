"""`sspnet-sdk train` from data sets on disk to a checkpoint, as a function and as a command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from dataset_layouts import write_own_coco
from drawn_people import write_synth3d
from sspnet_train.errors import TrainingError
from sspnet_train.network.checkpoint import load_network, read_checkpoint
from sspnet_train.training import run_training
from sspnet_train.training.recipes import RECIPES
from sspnet_train.training.run import prepared_recipe


@pytest.fixture
def small(tiny_recipe, monkeypatch, tmp_path):
    """The recipe `small` on a tiny synth3d."""
    recipe = replace(tiny_recipe, name="small", shares={"synth3d": 1.0})
    monkeypatch.setitem(RECIPES, "small", recipe)
    return {"synth3d": write_synth3d(tmp_path / "synth3d", 9)}


def test_a_run_leaves_a_checkpoint_logs_and_overlays(small, tmp_path):
    path = run_training(small, tmp_path / "run", 20, recipe="small", quiet=True)
    network = load_network(path)
    assert network(torch.zeros(1, 3, 64, 64))[-1].pose.shape == (1, 17, 3)
    found = set(os.listdir(tmp_path / "run"))
    assert {"run.json", "log.csv", "validation.csv", "overlays", "state.pt"} <= found
    sheets = sorted((tmp_path / "run/overlays").iterdir())
    assert sheets[-1].name == "step_000020.jpg" and cv2.imread(str(sheets[-1])).shape == (160, 960, 3)


def test_a_run_may_be_started_in_a_thread(small, tmp_path):
    with ThreadPoolExecutor(1) as pool:
        path = pool.submit(run_training, small, tmp_path / "run", 2, recipe="small", quiet=True).result()
    assert path.is_file()


def test_scores_go_to_tensorboard_where_it_is_installed(small, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run_training(small, tmp_path / "run", 20, recipe="small", quiet=True)
    events = EventAccumulator(str(tmp_path / "run/tensorboard")).Reload()
    assert {"loss", "synth3d/pck/cut 2"} <= set(events.Tags()["scalars"])


def test_fine_tuning_starts_from_a_checkpoint_and_leaves_the_entry_flow_alone(small, tmp_path):
    first = run_training(small, tmp_path / "a", 4, recipe="small", quiet=True)
    second = run_training(small, tmp_path / "b", 4, recipe="small", init=first, freeze=["entry"], seed=9, quiet=True)
    before, after = load_network(first).state_dict(), load_network(second).state_dict()
    entry = [key for key in before if key.startswith("entry.")]
    assert all(torch.equal(before[key], after[key]) for key in entry)
    assert not all(torch.equal(before[key], after[key]) for key in before)


def test_a_checkpoint_says_what_it_and_its_start_were_trained_on(small, tmp_path):
    first = run_training(small, tmp_path / "a", 4, recipe="small", quiet=True)
    write_own_coco(tmp_path / "mine", 16)
    second = run_training({"coco": tmp_path / "mine"}, tmp_path / "b", 2, recipe="small", init=first, quiet=True)
    before, after = read_checkpoint(first)[2], read_checkpoint(second)[2]
    own = json.loads((tmp_path / "b/run.json").read_text())["recipe"]["batch"]["64"] * 2
    assert int(after["crops"]) == int(before["crops"]) + own
    assert json.loads(after["training_data"]) == [*json.loads(before["training_data"]), "coco: under its publisher's terms"]


def test_photographs_of_ones_own_can_be_trained_on(small, tmp_path):
    write_own_coco(tmp_path / "mine", 16)
    run_training({"coco": tmp_path / "mine"}, tmp_path / "run", 2, recipe="small", quiet=True)
    assert ",coco," in (tmp_path / "run/validation.csv").read_text()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"recipe": "fast"}, "no recipe is called 'fast'; choose from paper, edge, settle, late, deep, polish, finetune"),
        ({"freeze": ["head"]}, "cannot freeze head: only the entry flow"),
        ({"init": "none.safetensors"}, "no checkpoint at none.safetensors"),
        ({"recipe": "edge"}, r"the recipe edge goes on from trained weights: give the checkpoint .*`default`"),
        ({"resume": True}, "nothing to resume in"),
        ({"moments": Path("earlier")}, "give the checkpoint to start from too"),
        ({"moments": Path("earlier"), "init": "default"}, "earlier is no folder of a run"),
        ({"moments": Path("earlier"), "resume": True}, "moments of its own"),
        ({"data": {}}, "no data set with people in it"),
    ],
)
def test_a_request_that_cannot_be_is_told_in_one_line(small, tmp_path, change, message):
    request = {"data": small, "folder": tmp_path / "run", "steps": 2, "recipe": "small", "quiet": True, **change}
    with pytest.raises(TrainingError, match=message) as caught:
        run_training(**request)
    assert "\n" not in str(caught.value) and not (tmp_path / "run").exists()


def test_a_set_with_nobody_to_train_on_is_told_before_the_run_begins(small, tmp_path):
    write_own_coco(tmp_path / "one", 1)
    with pytest.raises(TrainingError, match=r"^coco has nobody to train on: .*one$"):
        run_training({"coco": tmp_path / "one"}, tmp_path / "run", 2, recipe="small", quiet=True)
    assert not (tmp_path / "run").exists()


def test_a_run_goes_on_with_nobody_to_validate_on(small, tmp_path, caplog):
    labels = dict(np.load(small["synth3d"] / "labels.npz"))
    np.savez(small["synth3d"] / "labels.npz", **labels | {"split": np.array(["train"] * 9)})
    assert run_training(small, tmp_path / "run", 2, recipe="small", quiet=True).is_file()
    assert "synth3d has nobody to validate on" in caplog.text


def test_a_run_is_not_resumed_with_another_seed(small, tmp_path):
    run_training(small, tmp_path / "run", 2, recipe="small", quiet=True)
    with pytest.raises(TrainingError, match="began with recipe small and seed 0"):
        run_training(small, tmp_path / "run", 4, recipe="small", seed=1, resume=True, quiet=True)


def test_a_run_is_not_resumed_with_other_data_sets(small, tmp_path):
    path = run_training(small, tmp_path / "run", 2, recipe="small", quiet=True)
    write_own_coco(tmp_path / "mine", 16)
    mine = {"coco": tmp_path / "mine"}
    for other, named in ((mine, "coco"), (mine | small, "coco, synth3d")):
        with pytest.raises(TrainingError, match=f"began with the data sets synth3d, not {named}; resume it"):
            run_training(other, tmp_path / "run", 4, recipe="small", resume=True, quiet=True)
    assert read_checkpoint(path)[2]["data"] == "synth3d"


def test_a_run_is_not_resumed_with_other_parts_frozen(small, tmp_path):
    run_training(small, tmp_path / "run", 2, recipe="small", freeze=["entry"], quiet=True)
    with pytest.raises(TrainingError, match="began with --freeze entry; resume it so"):
        run_training(small, tmp_path / "run", 4, recipe="small", resume=True, quiet=True)


@pytest.mark.parametrize(
    ("switch", "name"), [({"bf16": True}, "--bf16"), ({"sync_batch_norm": True}, "--sync-batch-norm")], ids=["bf16", "sync"]
)
def test_a_run_is_not_resumed_in_another_way(small, tmp_path, switch, name):
    run_training(small, tmp_path / "plain", 2, recipe="small", quiet=True)
    run_training(small, tmp_path / "switched", 2, recipe="small", quiet=True, **switch)
    for folder, options, way in (("plain", switch, "without"), ("switched", {}, "with")):
        with pytest.raises(TrainingError, match=f"began {way} {name}; resume it so, or choose another folder"):
            run_training(small, tmp_path / folder, 4, recipe="small", resume=True, quiet=True, **options)


def test_a_run_is_not_resumed_with_other_ranks(small, tmp_path, monkeypatch):
    run_training(small, tmp_path / "run", 2, recipe="small", quiet=True)
    for name, value in (("RANK", "0"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    with pytest.raises(TrainingError, match="began with 1 rank, not 2, and so with other batches; resume it with 1 rank,"):
        run_training(small, tmp_path / "run", 4, recipe="small", resume=True, quiet=True)


def test_a_run_is_not_resumed_from_another_checkpoint(small, tmp_path):
    first, other = (run_training(small, tmp_path / name, 2, recipe="small", seed=len(name), quiet=True) for name in ("a", "bb"))
    options = {"recipe": "small", "quiet": True}
    run_training(small, tmp_path / "run", 2, init=first, **options)
    run_training(small, tmp_path / "run", 3, init=first, resume=True, **options)
    run_training(small, tmp_path / "run", 4, resume=True, **options)
    with pytest.raises(TrainingError, match=r"began from another checkpoint than .*bb/checkpoint.safetensors; resume it without"):
        run_training(small, tmp_path / "run", 5, init=other, resume=True, **options)
    with pytest.raises(TrainingError, match="began from nothing, not from"):
        run_training(small, tmp_path / "a", 5, init=other, resume=True, seed=1, **options)


def test_a_resumed_run_may_become_longer_and_says_so(small, tmp_path):
    run_training(small, tmp_path / "run", 2, recipe="small", quiet=True)
    path = run_training(small, tmp_path / "run", 4, recipe="small", resume=True, quiet=True)
    assert read_checkpoint(path)[2]["step"] == "4"
    assert json.loads((tmp_path / "run/run.json").read_text())["options"]["steps"] == 4
    before = path.read_bytes()
    with pytest.raises(TrainingError, match="has made 4 steps already, more than 3"):
        run_training(small, tmp_path / "run", 3, recipe="small", resume=True, quiet=True)
    assert path.read_bytes() == before


def test_a_run_whose_description_is_damaged_says_so(small, tmp_path):
    run_training(small, tmp_path / "run", 2, recipe="small", quiet=True)
    (tmp_path / "run/run.json").write_text('{"recipe": ')
    with pytest.raises(TrainingError, match=r"run\.json is damaged"):
        run_training(small, tmp_path / "run", 4, recipe="small", resume=True, quiet=True)


def test_the_papers_recipe_takes_the_papers_data():
    recipe = prepared_recipe("paper", {"human36m": Path("h"), "mpii": Path("m")})
    assert recipe.shares == {"human36m": 0.5, "mpii": 0.5} and recipe.batch == {256: 24}


SCRIPT = """
import sys
from dataclasses import replace
sys.path.insert(0, {tests!r})
from conftest import PLAIN_VIEWS, TINY
from sspnet_train.network.model import CONFIGS
from sspnet_train.training.recipes import RECIPES
CONFIGS[TINY.name] = TINY
RECIPES["small"] = replace(RECIPES["edge"], name="small", config=TINY.name, batch={{64: 4}}, size_shares={{64: 1.0}},
    shares={{"synth3d": 1.0}}, augmentation=PLAIN_VIEWS, warmup_steps=2, ema=0.9)
from sspnet_sdk.cli.main import main
main()
"""


def command(tmp_path: Path, *words: str) -> subprocess.Popen[str]:
    script = SCRIPT.format(tests=str(Path(__file__).parent))
    base = ["train", "--data", str(tmp_path / "synth3d"), "--recipe", "small", "--steps", "60", "--validate-every", "20"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", script, *base, *words], env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_command_killed_midway_resumes_to_the_same_weights(small, tmp_path, number):
    whole = command(tmp_path, "-o", str(tmp_path / "whole"))
    assert whole.wait(300) == 0, whole.stderr.read()
    cut = command(tmp_path, "-o", str(tmp_path / "cut"))
    log = tmp_path / "cut/log.csv"
    while not (tmp_path / "cut/state.pt").exists():
        assert cut.poll() is None, cut.stderr.read()
        time.sleep(0.02)
    cut.send_signal(number)
    assert cut.wait(60) != 0
    resumed = command(tmp_path, "-o", str(tmp_path / "cut"), "--resume")
    assert resumed.wait(300) == 0, resumed.stderr.read()
    mine, yours = (torch.load(tmp_path / name / "state.pt", weights_only=True) for name in ("whole", "cut"))
    assert mine["step"] == yours["step"] == 60
    assert all(torch.equal(mine["network"][key], yours["network"][key]) for key in mine["network"])
    assert (tmp_path / "whole/log.csv").read_text() == log.read_text()
