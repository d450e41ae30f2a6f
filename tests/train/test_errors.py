"""Training's errors are the package's: one family, one line, one exit code, with the command line as with Python."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
import sspnet_train
from click.testing import CliRunner
from sspnet_train.errors import DataError, TrainingError, one_line
from sspnet_train.training.recipes import RECIPES

from sspnet_sdk import SSPNetError
from sspnet_sdk.cli.main import main


def test_every_error_of_training_is_an_error_of_the_package():
    modules = [
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(sspnet_train.__path__, "sspnet_train.")
        if module.name.split(".")[1] in ("errors", "data", "network", "labels", "millimetres", "training")
    ]
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__.startswith("sspnet_train")
    }
    assert len(found) >= 4 and all(issubclass(error, TrainingError) for error in found)
    assert issubclass(TrainingError, SSPNetError) and issubclass(TrainingError, ValueError)


@pytest.mark.parametrize("words", [["train", "--steps", "1"], ["eval", "--checkpoint", "none.safetensors"]])
def test_a_command_tells_a_missing_data_set_in_one_line(words, tmp_path):
    result = CliRunner().invoke(main, [*words, "--data", str(tmp_path / "nothing")])
    assert result.exit_code == 1 and result.output == f"Error: {tmp_path / 'nothing'} is no folder\n"


def test_an_option_of_eval_that_lacks_another_is_a_fault_of_the_command_line(tmp_path):
    words = ["eval", "--checkpoint", "c.safetensors", "--data", f"synth3d={tmp_path}"]
    for more in (["--protocol", "synth3d", "--ablations"], ["--protocol", "human36m"]):
        result = CliRunner().invoke(main, [*words, *more])
        assert result.exit_code == 2 and len(result.output.splitlines()) == 1


EVAL = ("eval", "--checkpoint", "c.safetensors", "--data", "synth3d={}")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["train", "--steps", "1", "--recipe", "nope", "--data", "synth3d={}"], "no recipe is called 'nope'"),
        (["train", "--steps", "1", "--seed", "-1", "--data", "synth3d={}"], "'--seed': -1 is not in the range x>=0"),
        (["train", "--steps", "1", "--data", "nobody={}"], "no data set is called 'nobody'"),
        (["eval", "--checkpoint", "c.safetensors", "--data", "synth3d={}", "--data", "synth3d={}"], "synth3d is given twice"),
        (["synth", "--out", "{}/people", "--count", "1", "--share", "tilted=2"], "the share of tilted must be from 0 to 1"),
        (["export", "--cuts", "9", "--out", "{}/bundle"], "cuts must be distinct pyramids from 1 to 8, got 9"),
        (["export", "--precision", "int8", "--out", "{}/bundle"], "int8 needs calibration"),
        (
            ["export", "--data", "synth3d={}", "--out", "{}/bundle"],
            "--data: on its people is scored what fp16, int8 and bf16 cost",
        ),
        (
            ["export", "--precision", "fp32,fp16", "--data", "backgrounds={}", "--out", "{}/bundle"],
            "--data: nobody is held out to be scored in backgrounds",
        ),
        (["export", "--limit", "5", "--out", "{}/bundle"], "--limit counts people of --data: give that too"),
        ([*EVAL, "--out", "{}/report", "--multi-crop"], "--out, --multi-crop: only a protocol has that, see --protocol"),
        (
            [*EVAL, "--protocol", "synth3d", "--ablations", "--out", "{}/r", "--multi-crop", "--root-depth", "{}/root"],
            "--multi-crop, --root-depth: --ablations does without, leave one of the two out",
        ),
        (
            ["eval", "--checkpoint", "c", "--data", "people3d={}", "--protocol", "people3d", "--root-depth", "{}/root"],
            "a root's depth counts in millimetres: choose from human36m, mpi-inf-3dhp, synth3d, not people3d",
        ),
        (
            [*EVAL, "--protocol", "synth3d", "--json", "{}/scores"],
            "--json holds scores by cut and size, which a protocol has not",
        ),
    ],
)
def test_an_option_that_means_nothing_is_a_fault_of_the_command_line(words, line, tmp_path):
    result = CliRunner().invoke(main, [word.replace("{}", str(tmp_path)) for word in words])
    assert result.exit_code == 2 and line in result.output.splitlines()[-1], result.output
    assert list(tmp_path.iterdir()) == []


def test_the_help_of_train_names_every_recipe():
    help_text = CliRunner().invoke(main, ["train", "--help"]).output
    assert all(name in help_text for name in RECIPES)


def test_a_module_run_as_a_command_ends_with_one_line(tmp_path):
    @one_line()
    def command() -> None:
        raise DataError("no  pictures\nhere")

    with pytest.raises(SystemExit, match=r"^error: no pictures here$"):
        command()
