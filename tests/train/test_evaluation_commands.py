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
        monkeypatch.setattr(sys, "argv", [module, *([] if "calibrate" in module else ["--checkpoint"]), str(checkpoint), *given])
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
