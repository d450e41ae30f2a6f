"""`sspnet-sdk eval` by cut and size: what it shows and writes, and what it says of sets that cannot be scored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from dataset_layouts import write_own_coco, write_people3d
from drawn_people import write_synth3d
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.model import SSPNet

from sspnet_sdk.cli.main import main


@pytest.fixture
def checkpoint(tiny_config, tmp_path):
    save_checkpoint(tmp_path / "c.safetensors", tiny_config, SSPNet(tiny_config).state_dict(), {"data": "synth3d"})
    return tmp_path / "c.safetensors"


@pytest.fixture
def data(tmp_path):
    write_people3d(tmp_path / "people3d")
    write_synth3d(tmp_path / "synth3d")
    return tmp_path


def relabel(folder: Path, **columns) -> None:
    """Replace columns of a set's labels."""
    labels = dict(np.load(folder / "labels.npz"))
    np.savez(folder / "labels.npz", **labels | columns)


def scored(checkpoint, data, *more, names=("people3d", "synth3d")):
    sets = [word for name in names for word in ("--data", f"{name}={data / name}")]
    words = ["eval", "--checkpoint", checkpoint, *sets, "--cuts", "1,2", "--sizes", "64", *more]
    return CliRunner().invoke(main, [str(word) for word in words])


def test_scores_are_shown_and_written_for_every_cut(checkpoint, data):
    result = scored(checkpoint, data, "--json", data / "scores.json")
    assert result.exit_code == 0, result.output
    written = json.loads((data / "scores.json").read_text())
    assert {cut: entry["fp32"]["64"].keys() for cut, entry in written.items()} == {
        "1": {"pck", "pa_mpjpe_mm"},
        "2": {"pck", "pa_mpjpe_mm"},
    }


def shown(result) -> dict[tuple[str, str], list[str]]:
    """Set and cut -> the scores of their line."""
    return {(line.split()[0], line.split()[1]): line.split()[3:] for line in result.stdout.splitlines()[1:]}


def test_photographs_of_ones_own_are_scored_alone_and_beside_other_sets(checkpoint, data):
    write_own_coco(data / "coco", 20)
    alone = scored(checkpoint, data, "--json", data / "scores.json", names=["coco"])
    assert alone.exit_code == 0, alone.output
    lines = shown(alone)
    assert lines.keys() == {("coco", "1"), ("coco", "2")} and all(last == "-" for _, last in lines.values())
    written = json.loads((data / "scores.json").read_text())
    assert {cut: format(entry["fp32"]["64"]["pck"], ".3f") for cut, entry in written.items()} == {
        cut: pck for (_, cut), (pck, _) in lines.items()
    }
    beside = scored(checkpoint, data, names=["coco", "synth3d", "people3d"])
    assert shown(beside).items() >= lines.items() and {name for name, _ in shown(beside)} == {"coco", "synth3d", "people3d"}


def test_what_is_written_is_of_people3d_whatever_stands_before_it(checkpoint, data):
    write_own_coco(data / "coco", 20)
    alone, beside = (scored(checkpoint, data, "--json", "-", names=names) for names in (["people3d"], ["coco", "people3d"]))
    assert json.loads(beside.stdout) == json.loads(alone.stdout)


def test_pictures_of_nobody_have_no_scores(checkpoint, data):
    (data / "backgrounds").mkdir()
    result = scored(checkpoint, data, names=["backgrounds"])
    assert result.exit_code == 2 and "nobody to score in backgrounds" in result.output.splitlines()[-1]


def test_millimetres_that_nobody_in_full_sight_gives_are_left_out(checkpoint, data):
    relabel(data / "synth3d", visible=np.zeros((12, 17), bool))
    result = scored(checkpoint, data, "--json", data / "scores.json")
    assert result.exit_code == 0, result.output
    assert [line.split()[-1] for line in result.stdout.splitlines()] == ["pa_mpjpe_mm", "-", "-", "-", "-"]
    written = json.loads((data / "scores.json").read_text())
    assert all(entry["fp32"]["64"].keys() == {"pck"} for entry in written.values())


def test_export_does_not_take_scores_that_are_no_numbers(tmp_path):
    (tmp_path / "scores.json").write_text('{"2": {"fp32": {"256": {"pck": 0.7, "pa_mpjpe_mm": NaN}}}}')
    words = ["export", "--cuts", "9", "--accuracy", tmp_path / "scores.json", "--out", tmp_path / "bundle"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 2 and "is not what `sspnet-sdk eval --json` writes" in result.output


@pytest.mark.parametrize("empty", ["people3d", "synth3d"])
def test_a_set_with_nobody_held_out_is_told_instead_of_scores_of_the_other(checkpoint, data, empty):
    relabel(data / empty, split=np.array(["train"] * (6 if empty == "people3d" else 12)))
    result = scored(checkpoint, data)
    assert result.exit_code == 1 and result.stdout == ""
    assert result.output.splitlines()[-1] == f"Error: {empty} has nobody to validate on: {data / empty}"


def test_a_protocol_with_nobody_held_out_is_told(checkpoint, data):
    relabel(data / "people3d", split=np.array(["train"] * 6))
    words = ["eval", "--checkpoint", checkpoint, "--data", data / "people3d", "--protocol", "people3d", "--sizes", "64"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 1 and "people3d has nobody to validate on" in result.output
