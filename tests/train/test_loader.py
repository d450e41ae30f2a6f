"""Worker processes: what fails in one of them is told as it would be without."""

from __future__ import annotations

import multiprocessing
import os
import signal

import pytest
from drawn_people import drawn_people
from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.errors import DataError, TrainingError, TrainingOptionError
from sspnet_train.training.batches import Batches
from sspnet_train.training.loader import loaded
from sspnet_train.training.run import run_training


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_picture_is_one_line_with_workers_too(tiny_recipe, workers):
    def damaged(index: int) -> Sample:
        raise DataError(f"photo_{index // 100}.jpg is not a readable image")

    batches = Batches(tiny_recipe, {"drawn": SampleSource("damaged", 12, damaged)}, 4)
    with pytest.raises(DataError, match=r"^photo_0\.jpg is not a readable image$"):
        list(loaded(batches, range(4), workers))


def test_a_worker_that_the_system_kills_is_one_line(tiny_recipe):
    main, people = os.getpid(), drawn_people()

    def dies_elsewhere(index: int) -> Sample:
        if os.getpid() != main:
            os.kill(os.getpid(), signal.SIGKILL)
        return people[index]

    batches = Batches(tiny_recipe, {"drawn": SampleSource("dies", 12, dies_elsewhere)}, 4)
    with pytest.raises(TrainingError, match=r"^DataLoader worker .* memory may be short; fewer workers"):
        list(loaded(batches, range(4), 1))


def test_workers_are_forked_where_the_system_starts_processes_anew(tiny_recipe):
    people, before = drawn_people(), multiprocessing.get_start_method(allow_none=True)
    batches = Batches(tiny_recipe, {"drawn": SampleSource("local", 12, lambda index: people[index])}, 2)
    multiprocessing.set_start_method("spawn", force=True)  # as macOS; Python 3.14 has another on Linux, too
    try:
        assert len(list(loaded(batches, range(2), 1))) == 2
    finally:
        multiprocessing.set_start_method(before, force=True)


def test_workers_are_refused_where_nothing_can_fork(tmp_path, monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    with pytest.raises(TrainingOptionError, match="leave workers out"):
        run_training({"synth3d": tmp_path}, tmp_path / "run", 2, recipe="paper", workers=1, quiet=True)
