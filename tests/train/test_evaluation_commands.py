"""The commands of evaluation and calibration say in one line that a cut, size, limit or data set means nothing."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace

import numpy as np
import pytest
from dataset_layouts import write_own_coco
from drawn_people import drawn_people, write_synth3d
from sspnet_train.data.sample import Sample, SampleSource, padded
from sspnet_train.errors import DataError, TrainingOptionError
from sspnet_train.evaluation.rendered_people import COCO_OF_28, GROUPS, teacher_score
from sspnet_train.evaluation.scores import predict_cuts
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.model import SSPNet


@pytest.fixture
def command(tiny_config, tmp_path, monkeypatch):
    """Runs a module's `main` on a small checkpoint, and returns the line that it ends with."""
    checkpoint = tmp_path / "c.safetensors"
    save_checkpoint(checkpoint, tiny_config, SSPNet(tiny_config).state_dict())

    def run(module: str, *words: object) -> str:
        given = [str(word) for word in words]
        option = [] if module in ("training.calibrate", "training.round_network") else ["--checkpoint"]
        monkeypatch.setattr(sys, "argv", [module, *option, str(checkpoint), *given])
        with pytest.raises(SystemExit) as end:
            importlib.import_module(f"sspnet_train.{module}").main()
        return str(end.value)

    return run


@pytest.mark.parametrize("module", ["evaluation.coco_ap", "evaluation.cut_gain"])
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--cuts", "9"], "error: there is no cut 9: the network has the pyramids 1 to 2"),
        (["--cuts", "0"], "error: there is no cut 0"),
        (["--cuts", "1", "--size", "200"], "error: size 200 is not a multiple of 64"),
        (["--cuts", "1", "--limit", "-1"], "error: a limit of -1 people leaves nobody"),
    ],
)
def test_what_the_network_does_not_have_is_one_line(command, tmp_path, module, words, line):
    assert command(module, "--data", f"synth3d={write_synth3d(tmp_path / 'synth3d')}", *words).startswith(line)


def test_calibration_names_a_cut_that_there_is_not(command, tmp_path):
    write_own_coco(tmp_path / "mine", 24)
    line = command("training.calibrate", "--data", tmp_path / "mine", "--out", tmp_path / "out", "--cuts", 9)
    assert line.startswith("error: there is no cut 9") and not (tmp_path / "out").exists()


def test_a_table_that_cannot_be_has_no_head(command, tmp_path, capsys):
    line = command("evaluation.coco_ap", "--data", f"synth3d={write_synth3d(tmp_path / 'synth3d')}", "--cuts", 9)
    assert line.startswith("error: there is no cut 9") and not capsys.readouterr().out


@pytest.mark.parametrize("module", ["evaluation.coco_ap", "evaluation.cut_gain"])
def test_sets_without_anybody_held_out_have_no_table(command, tmp_path, module):
    write_own_coco(tmp_path / "mine", 1)
    (tmp_path / "mine" / "annotations.json").write_text('{"images": [], "annotations": []}')
    assert command(module, "--data", tmp_path / "mine", "--cuts", 1) == "error: nobody is held out to score in coco"


def test_a_network_without_evidence_has_no_confidence_to_fit(command, tmp_path):
    write_own_coco(tmp_path / "mine", 24)
    line = command("training.calibrate", "--data", tmp_path / "mine", "--out", tmp_path / "out", "--cuts", 1, "--batches", 1)
    assert line.startswith("error: a network 'tiny-test' has nothing to fit") and not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("training.calibrate", ["--batches", 0]),
        ("training.round_network", ["--batches", 0]),
        ("training.round_network", ["--seed", -1]),
        ("training.train_feet", ["--people", 0]),
        ("millimetres.train_fusion", ["--steps", -1]),
        ("millimetres.train_fusion", ["--people", 0]),
        ("millimetres.train_root_depth", ["--people", -5]),
        ("millimetres.train_root_depth", ["--steps", 0]),
        ("millimetres.train_root_depth", ["--threads", "many"]),
    ],
)
def test_numbers_that_mean_nothing_are_a_fault_of_the_command_line(command, tmp_path, capsys, module, words):
    given = ["--data", write_synth3d(tmp_path / "synth3d"), "--out", tmp_path / "out"]
    more = ["--poses", tmp_path / "poses.npz"] if "fusion" in module else []
    assert command(module, *given, *more, *words) == "2" and not (tmp_path / "out").exists()
    assert f"argument {words[0]}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--cuts", 0], "error: there is no cut 0"),
        (["--cuts", 1, "--size", 64, 100], "error: size 100 is not a multiple of 64"),
        (["--cuts", 1, "--size", 64, "--steps", 0], "error: 0 steps teach faces and feet"),
    ],
)
def test_a_fusing_network_is_not_taught_by_what_there_is_not(command, tmp_path, words, line):
    given = ["--data", write_synth3d(tmp_path / "synth3d"), "--poses", tmp_path / "poses.npz", "--out", tmp_path / "out"]
    assert command("millimetres.train_fusion", *given, "--people", 2, *words).startswith(line)


@pytest.mark.parametrize("module", ["training.train_feet", "millimetres.train_fusion"])
def test_no_data_set_of_several_options_is_left_out(command, tmp_path, monkeypatch, module):
    """The last `--data` replaced those before it, which `sspnet-sdk train` takes all."""

    def looked_at(network, data, *_):
        raise DataError(", ".join(data))

    monkeypatch.setattr(f"sspnet_train.{module}.observed_people", looked_at)
    monkeypatch.setattr(f"sspnet_train.{module}.with_fresh_feet", lambda network: network, raising=False)
    more = ["--poses", tmp_path / "poses.npz"] if "fusion" in module else []
    line = command(module, "--data", "synth3d=a", "--data", "rendered=b", "people3d=c", "--out", tmp_path / "out", *more)
    assert line == "error: synth3d=a, rendered=b, people3d=c"


def test_a_distance_is_learnt_from_every_set_that_is_given(command, tmp_path):
    given = ["--data", f"rendered={tmp_path / 'gone'}", "--data", write_synth3d(tmp_path / "synth3d"), "--out", tmp_path / "out"]
    assert str(tmp_path / "gone") in command("millimetres.train_root_depth", *given)


def test_a_distance_is_not_learnt_at_a_size_that_there_is_not(command, tmp_path):
    given = ["--data", write_synth3d(tmp_path / "synth3d"), "--out", tmp_path / "out", "--people", 2]
    assert command("millimetres.train_root_depth", *given, "--sizes", 100).startswith("error: size 100 is not a multiple of 64")


def test_cuts_that_are_no_numbers_are_a_fault_of_the_command_line(command, capsys):
    assert command("evaluation.cut_gain", "--data", "nowhere", "--cuts", "2,x") == "2"
    assert "2,x" in capsys.readouterr().err


def test_a_report_names_the_set_that_it_lacks(command, tmp_path):
    write_synth3d(tmp_path / "data" / "synth3d")
    line = command("evaluation.report", "--data", tmp_path / "data", "--out", tmp_path / "report.md")
    assert line == f"error: a report needs people3d/ and synth3d/ in {tmp_path / 'data'}; missing: people3d"


def test_a_network_without_a_guided_entry_has_no_cut_0(tiny_config):
    with pytest.raises(TrainingOptionError, match="there is no cut 0"):
        predict_cuts(SSPNet(tiny_config), drawn_people(2), 64, [0, 1])


class Teacher:
    """Finds COCO's 17 joints of some people where they are, one after the other."""

    def __init__(self, people: list[Sample]):
        self.answers = iter([person.keypoints[COCO_OF_28] for person in people])

    def joints(self, image: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, None]:
        return next(self.answers), None


def test_people_without_a_face_are_not_compared_with_a_teacher_who_sees_one():
    with pytest.raises(DataError, match=r"^drawn has 17 joints, without a face: make a set with all 28 \(sspnet-sdk synth\)$"):
        teacher_score(drawn_people(3), Teacher([]), 3)


def test_a_teacher_who_is_right_about_people_with_a_face_has_no_offsets():
    source = drawn_people(3)
    whole = [replace(padded(source[i]), visible=np.ones(28, bool)) for i in range(3)]
    share, offsets = teacher_score(SampleSource("whole", 3, whole.__getitem__), Teacher(whole), 3)
    assert share == 1.0 and offsets == dict.fromkeys(GROUPS, 0.0)
