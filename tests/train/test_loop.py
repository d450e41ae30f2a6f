"""A training run: what it leaves behind, and that it goes on exactly where it was."""

from __future__ import annotations

import csv
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn_people import drawn_people
from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.errors import TrainingError
from sspnet_train.network.checkpoint import read_checkpoint, save_checkpoint
from sspnet_train.network.model import SSPNet
from sspnet_train.training.batches import Batches
from sspnet_train.training.loop import RunOptions, Scores, mean_pck, train
from sspnet_train.training.recipes import Recipe
from sspnet_train.training.run_folder import RunFolder

OPTIONS = RunOptions(steps=12, seed=3, save_steps=5, validate_steps=4, validate_size=64, decay_from=8)


def run(recipe: Recipe, folder: Path, **more):
    validation = {"drawn": drawn_people(4, first=100)}
    return train(recipe, {"drawn": drawn_people()}, validation, folder, more.pop("options", OPTIONS), **more)


def same(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    mine, yours = a.state_dict(), b.state_dict()
    return all(torch.equal(mine[key], yours[key]) for key in mine)


class Killed(Exception):
    pass


def die_at(step: int):
    def on_step(done: int, _: int, __: float) -> None:
        if done == step:
            raise Killed

    return on_step


def test_a_run_folder_tells_what_was_done(tiny_recipe, tmp_path):
    run(tiny_recipe, tmp_path, options=replace(OPTIONS, steps=20))
    assert {"run.json", "log.csv", "validation.csv", "state.pt", "checkpoint.safetensors"} <= set(os.listdir(tmp_path))
    rows = list(csv.DictReader((tmp_path / "log.csv").open()))
    assert rows[-1]["step"] == "20" and float(rows[-1]["loss"]) > 0 and rows[-1]["crops"] == "80"


@pytest.mark.parametrize("death", [5, 7, 11])
def test_a_killed_run_resumes_to_the_same_numbers(tiny_recipe, tmp_path, death):
    recipe = replace(tiny_recipe, plateau_patience=1)
    whole = run(recipe, tmp_path / "whole")
    with pytest.raises(Killed):
        run(recipe, tmp_path / "cut", on_step=die_at(death))
    resumed = run(recipe, tmp_path / "cut", resume=True)
    assert same(whole, resumed)
    assert (tmp_path / "whole/validation.csv").read_text() == (tmp_path / "cut/validation.csv").read_text()


def test_a_set_that_nobody_can_be_scored_by_does_not_lower_the_rate():
    faces, bodies = {2: {"pck": float("nan")}}, {1: {"pck": 0.2}, 2: {"pck": 0.4}}
    assert mean_pck({"faces": faces, "bodies": bodies}) == 0.4
    assert mean_pck({"faces": faces}) is None and mean_pck({}) is None


def test_the_log_of_a_resumed_run_is_that_of_a_whole_one(tiny_recipe, tmp_path):
    options = replace(OPTIONS, steps=45, save_steps=15, validate_steps=20)
    run(tiny_recipe, tmp_path / "whole", options=options)
    with pytest.raises(Killed):
        run(tiny_recipe, tmp_path / "cut", options=options, on_step=die_at(41))
    run(tiny_recipe, tmp_path / "cut", options=options, resume=True)
    assert (tmp_path / "whole/log.csv").read_text() == (tmp_path / "cut/log.csv").read_text()


def test_a_resumed_run_keeps_the_shape_of_the_checkpoint_it_began_from(tiny_recipe, tiny_config, tmp_path):
    wider = SSPNet(replace(tiny_config, name="wider", width=16))
    save_checkpoint(tmp_path / "wider.safetensors", wider.config, wider.state_dict())
    run(tiny_recipe, tmp_path / "run", options=replace(OPTIONS, steps=2), init=tmp_path / "wider.safetensors")
    assert run(tiny_recipe, tmp_path / "run", options=replace(OPTIONS, steps=3), resume=True).config.width == 16


def test_a_run_from_a_checkpoint_draws_other_crops_than_that_one_learnt_from_and_so_does_the_rest_of_it(
    tiny_recipe, tmp_path, monkeypatch
):
    drawn: list[float] = []
    draw = Batches.__getitem__

    def recorded(self, step):
        batch = draw(self, step)
        drawn.append(float(batch[0].double().sum()))
        return batch

    monkeypatch.setattr(Batches, "__getitem__", recorded)
    run(tiny_recipe, tmp_path / "first")
    first, start = drawn.copy(), tmp_path / "first/checkpoint.safetensors"
    drawn.clear()
    with pytest.raises(Killed):
        run(tiny_recipe, tmp_path / "second", init=start, on_step=die_at(5))
    run(tiny_recipe, tmp_path / "second", resume=True)
    second = drawn.copy()
    drawn.clear()
    run(tiny_recipe, tmp_path / "whole", init=start)
    assert not set(first) & set(second)
    assert second == drawn


def test_a_run_takes_over_what_another_knew_of_its_gradients_and_keeps_its_own_rates(tiny_recipe, tmp_path):
    run(tiny_recipe, tmp_path / "first")
    start, fewer = tmp_path / "first/checkpoint.safetensors", replace(OPTIONS, steps=3)
    fresh = run(tiny_recipe, tmp_path / "fresh", options=fewer, init=start)
    slower = replace(tiny_recipe, lr=tiny_recipe.lr / 2)
    gone_on = run(slower, tmp_path / "gone_on", options=fewer, init=start, moments=tmp_path / "first")
    state = torch.load(tmp_path / "gone_on/state.pt", weights_only=True)["optimizer"]
    assert {float(moments["step"]) for moments in state["state"].values()} == {OPTIONS.steps + 3}
    assert tiny_recipe.lr / 2 in {group["base_lr"] for group in state["param_groups"]} and not same(fresh, gone_on)


def test_moments_of_other_weights_are_refused_before_anything_is_written(tiny_recipe, tmp_path):
    run(tiny_recipe, tmp_path / "first")
    frozen = replace(tiny_recipe, entry_lr=0.0, fixed_entry_statistics=True)
    for other in (frozen, replace(tiny_recipe, optimizer="rmsprop")):
        with pytest.raises(TrainingError, match="its moments do not fit"):
            run(other, tmp_path / "second", init=tmp_path / "first/checkpoint.safetensors", moments=tmp_path / "first")
    assert not (tmp_path / "second/run.json").exists()


def test_a_damaged_state_is_told_in_one_line(tiny_recipe, tmp_path):
    run(tiny_recipe, tmp_path / "first", options=replace(OPTIONS, steps=2))
    state, start = tmp_path / "first/state.pt", tmp_path / "first/checkpoint.safetensors"
    whole, others = state.read_bytes(), []
    for content in ({"step": 1}, [1, 2]):
        torch.save(content, state)
        others.append(state.read_bytes())
    for damaged in (b"", b"garbage", b"hello", whole[: len(whole) // 2], *others):
        state.write_bytes(damaged)
        with pytest.raises(TrainingError, match=r"state.pt is damaged"):
            run(tiny_recipe, tmp_path / "first", resume=True)
        with pytest.raises(TrainingError, match=r"state.pt is damaged"):
            run(tiny_recipe, tmp_path / "second", init=start, moments=tmp_path / "first")


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"recipe": {}}', b"\xff"])
def test_a_description_that_is_none_is_told_in_one_line(tmp_path, content):
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(TrainingError, match=r"run.json is damaged, or no run.json"):
        RunFolder(tmp_path).description()


def test_a_log_that_a_lost_power_supply_spoiled_does_not_keep_a_run_from_going_on(tiny_recipe, tmp_path):
    run(tiny_recipe, tmp_path, options=replace(OPTIONS, steps=20))
    log = tmp_path / "log.csv"
    whole = log.read_bytes()
    log.write_bytes(whole + b"40,\0\0\0\xff")
    run(tiny_recipe, tmp_path, options=replace(OPTIONS, steps=20), resume=True)
    assert log.read_bytes() == whole


def test_sigterm_saves_and_the_run_can_go_on(tiny_recipe, tmp_path):
    def terminate(done: int, _: int, __: float) -> None:
        if done == 7:
            os.kill(os.getpid(), signal.SIGTERM)

    whole = run(tiny_recipe, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        run(tiny_recipe, tmp_path / "cut", on_step=terminate)
    assert torch.load(tmp_path / "cut/state.pt", weights_only=True)["step"] == 7
    assert same(whole, run(tiny_recipe, tmp_path / "cut", resume=True))


def test_ctrl_c_during_the_last_validation_loses_no_step(tiny_recipe, tmp_path):
    options = replace(OPTIONS, steps=5, save_steps=2, validate_steps=100)

    def interrupt(network: SSPNet, step: int, scores: Scores) -> None:
        signal.raise_signal(signal.SIGINT)

    whole = run(tiny_recipe, tmp_path / "whole", options=options)
    with pytest.raises(KeyboardInterrupt):
        run(tiny_recipe, tmp_path / "cut", options=options, on_validation=interrupt)
    assert torch.load(tmp_path / "cut/state.pt", weights_only=True)["step"] == 5
    assert same(whole, run(tiny_recipe, tmp_path / "cut", options=options, resume=True))
    assert (tmp_path / "whole/validation.csv").read_text() == (tmp_path / "cut/validation.csv").read_text()


@pytest.mark.parametrize("validate", [4, 100])
def test_weights_that_are_no_numbers_replace_none_that_were_saved(tiny_recipe, tmp_path, validate):
    people, read = drawn_people(), []

    def spoilt_later(index: int) -> Sample:
        read.append(index)
        return people[index] if len(read) < 30 else replace(people[index], depth=np.full(17, np.nan, np.float32))

    options = replace(OPTIONS, save_steps=4, validate_steps=validate)
    with pytest.raises(TrainingError, match="the loss of step 8 is no finite number"):
        train(tiny_recipe, {"drawn": SampleSource("drawn", 12, spoilt_later)}, {}, tmp_path, options)
    assert read_checkpoint(tmp_path / "checkpoint.safetensors")[2]["step"] == "4"


def test_weights_that_a_step_spoilt_are_neither_scored_nor_saved(tiny_recipe, tmp_path, monkeypatch):
    optimizer_step = torch.optim.AdamW.step

    def spoils(optimizer: torch.optim.AdamW, *more: object) -> None:
        optimizer_step(optimizer)
        state = next(iter(optimizer.state.values()))
        if state["step"] == 4:
            optimizer.param_groups[0]["params"][0].data.fill_(np.nan)

    monkeypatch.setattr(torch.optim.AdamW, "step", spoils)
    with pytest.raises(TrainingError, match="weights after step 4 are no finite numbers"):
        run(tiny_recipe, tmp_path, options=replace(OPTIONS, save_steps=4))
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_worker_processes_change_nothing(tiny_recipe, tmp_path):
    options = replace(OPTIONS, steps=3)
    alone = run(tiny_recipe, tmp_path / "a", options=options)
    assert same(alone, run(tiny_recipe, tmp_path / "b", options=replace(options, workers=2)))


def test_a_frozen_entry_flow_does_not_move(tiny_recipe, tmp_path):
    torch.manual_seed(OPTIONS.seed)
    recipe = replace(tiny_recipe, entry_lr=0.0, fixed_entry_statistics=True, ema=0.0)
    early = run(recipe, tmp_path / "a", options=replace(OPTIONS, steps=1)).entry.state_dict()
    late = run(recipe, tmp_path / "b", options=replace(OPTIONS, steps=6)).entry.state_dict()
    assert all(torch.equal(early[key], late[key]) for key in early)


def test_a_frozen_stem_does_not_move_while_the_rest_does(tiny_recipe, tmp_path):
    recipe = replace(tiny_recipe, frozen_blocks=3, fixed_statistics=True, ema=0.0)
    early = run(recipe, tmp_path / "a", options=replace(OPTIONS, steps=1)).state_dict()
    late = run(recipe, tmp_path / "b", options=replace(OPTIONS, steps=4)).state_dict()
    moved = {key for key in early if not torch.equal(early[key], late[key])}
    assert moved and not any(key.startswith("entry.stem.") or ".running_" in key for key in moved)


def test_a_recipe_may_make_errors_in_depth_dearer(tiny_recipe):
    sources = {"drawn": drawn_people()}
    plain, dear = (Batches(replace(tiny_recipe, depth_gain=gain), sources, 1)[0][1].weight for gain in (1.0, 2.5))
    assert (plain[..., 2] > 0).any()
    torch.testing.assert_close(dear, plain * torch.tensor([1.0, 1.0, 2.5]))


def test_places_out_of_sight_may_count_less_and_depths_do_not(tiny_recipe):
    half_seen = [replace(person, visible=np.arange(17) < 9) for person in drawn_people()]
    sources = {"drawn": SampleSource("half seen", len(half_seen), lambda index: half_seen[index])}
    plain, fewer = (Batches(replace(tiny_recipe, hidden=share), sources, 1)[0][1].weight for share in (1.0, 0.25))
    trusted = plain[..., 0] > 0
    assert set((fewer[..., 0] / plain[..., 0])[trusted].unique().tolist()) == {0.25, 1.0}
    assert torch.equal(fewer[..., 0], fewer[..., 1]) and torch.equal(fewer[..., 2], plain[..., 2])


def test_second_views_show_the_same_people_a_little_elsewhere(tiny_recipe):
    recipe = replace(tiny_recipe, second_views=0.5)
    image, targets = Batches(recipe, {"drawn": drawn_people()}, 1)[0]
    first = targets.first_view
    seconds = first != torch.arange(len(first))
    assert seconds.sum() == len(first) // 2 and torch.equal(first[~seconds], torch.arange(len(first) - len(first) // 2))
    moved = (targets.target - targets.target[first])[seconds][..., :2].norm(dim=2).mean(dim=1)
    assert (moved > 0.001).all() and (moved < 0.08).all()
    assert torch.equal(targets.target[seconds][..., 2], targets.target[first][seconds][..., 2])
    alike = (image - image[first]).abs().mean(dim=(1, 2, 3))[seconds]
    others = (image - image.roll(1, 0)).abs().mean()
    assert (alike < others).all() and (alike > 0).all()


def test_a_run_learns_the_people_it_sees(tiny_recipe, tmp_path):
    options = replace(OPTIONS, steps=100, decay_from=80, validate_steps=100)
    run(replace(tiny_recipe, lr=5e-3, entry_lr=5e-3), tmp_path, options=options)
    losses = [float(row["loss"]) for row in csv.DictReader((tmp_path / "log.csv").open())]
    assert losses[-1] < 0.6 * losses[0]


def test_bfloat16_keeps_coordinates_in_float32(tiny_recipe, tmp_path):
    network = run(tiny_recipe, tmp_path, options=replace(OPTIONS, steps=2, bf16=True))
    assert all(torch.isfinite(value).all() for value in network.state_dict().values())
    with torch.autocast("cpu", torch.bfloat16):
        assert network.eval()(torch.zeros(1, 3, 64, 64))[-1].pose.dtype == torch.float32


def test_resume_without_a_run_says_so(tiny_recipe, tmp_path):
    with pytest.raises(TrainingError, match=r"nothing to resume: .*state\.pt does not exist"):
        run(tiny_recipe, tmp_path, resume=True)


def test_a_recipe_names_the_data_it_misses(tiny_recipe, tmp_path):
    with pytest.raises(TrainingError, match="missing: \\['synth3d'\\]"):
        run(replace(tiny_recipe, shares={"drawn": 1.0, "synth3d": 1.0}), tmp_path)


def test_a_new_run_does_not_replace_what_another_learned(tiny_recipe, tmp_path):
    run(tiny_recipe, tmp_path, options=replace(OPTIONS, steps=2))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    with pytest.raises(TrainingError, match=r"holds a run: resume it \(--resume\), or choose another folder \(--out\)"):
        run(tiny_recipe, tmp_path, options=replace(OPTIONS, steps=2))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_run_that_ended_before_its_first_save_leaves_nothing_in_the_next_ones_tables(tiny_recipe, tiny_config, tmp_path):
    short, long = tmp_path / "short.safetensors", tmp_path / "long.safetensors"
    for path, config in ((short, tiny_config), (long, replace(tiny_config, pyramids=4))):
        save_checkpoint(path, config, SSPNet(config).state_dict())
    options = replace(OPTIONS, steps=20, save_steps=0, validate_steps=7, validate_first=True)
    with pytest.raises(Killed):
        run(tiny_recipe, tmp_path / "run", options=replace(options, steps=40), init=long, on_step=die_at(21))
    for folder in ("run", "alone"):
        run(tiny_recipe, tmp_path / folder, options=options, init=short)
    for table in ("log.csv", "validation.csv"):
        assert (tmp_path / "run" / table).read_text() == (tmp_path / "alone" / table).read_text()
