"""What training writes is complete, or not there; what the system refuses is one line."""

from __future__ import annotations

import stat

import numpy as np
import pytest
import torch
from full_disk import files_end_at
from sspnet_train.data.job_files import changed_settings, picture_tar, save_arrays
from sspnet_train.errors import TrainingError
from sspnet_train.network.weight_file import write_weights
from sspnet_train.training.run_folder import RunFolder, append_row, forget_rows_after

NOISE = np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8)


def _pictures(path):
    with picture_tar(path) as pictures:
        pictures.add("noise.webp", NOISE)


WRITERS = {
    "state.pt": lambda path: RunFolder(path.parent).save_state({"weights": torch.zeros(5000)}),
    "weights.safetensors": lambda path: write_weights(path, {"weights": torch.zeros(5000)}),
    "labels.npz": lambda path: save_arrays(path, {"noise": NOISE}),
    "pictures.tar": _pictures,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_one_line_and_leaves_what_was_there(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(b"of before")
    with files_end_at(1000), pytest.raises(TrainingError, match=rf"^cannot write .*/{name}: file too large$"):
        WRITERS[name](path)
    assert path.read_bytes() == b"of before" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_cannot_be_made_is_one_line(name, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match=rf"^cannot write .*/file/{name}: (not a directory|file exists)$"):
        WRITERS[name](tmp_path / "file" / name)


def test_a_log_on_a_full_disk_is_one_line(tmp_path):
    with files_end_at(3), pytest.raises(TrainingError, match=r"^cannot write .*/log\.csv: file too large$"):
        append_row(tmp_path / "log.csv", ["step"], [1])


def test_a_row_that_was_cut_off_is_not_taken_for_a_step(tmp_path):
    table = tmp_path / "log.csv"
    table.write_text("step,loss\n20,0.5\n40,0.4\n6")
    forget_rows_after(table, 50)
    append_row(table, ["step", "loss"], [60, 0.3])
    assert table.read_text().splitlines() == ["step,loss", "20,0.5", "40,0.4", "60,0.3"]


def test_others_may_read_weights(tmp_path):
    WRITERS["weights.safetensors"](tmp_path / "a")
    (tmp_path / "b").touch()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE((tmp_path / "b").stat().st_mode)


def test_a_job_that_finished_nothing_does_not_bind_the_next_one(tmp_path):
    settings = tmp_path / "parts" / "run.json"
    assert changed_settings(settings, {"seed": 1}) == []
    assert changed_settings(settings, {"seed": 2}) == []
    save_arrays(tmp_path / "parts" / "labels_00.npz", {"name": np.array(["a"])})
    assert changed_settings(settings, {"seed": 3}) == ["seed"]
