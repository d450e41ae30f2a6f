"""The folder of a training run: which files lie in it, and how each is written so that a kill at any moment leaves it usable."""

from __future__ import annotations

import csv
import json
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sspnet_train.data.job_files import digest
from sspnet_train.errors import TrainingError
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.model import SSPNetConfig
from sspnet_train.training.recipes import Recipe
from sspnet_train.training.run_options import RunOptions
from sspnet_train.whole_file import refusals_in_one_line, whole_file

DESCRIBED = frozenset({"recipe", "options", "config"})
SAVED = frozenset({"step", "crops", "network", "optimizer", "plateau", "average"})
"""What run.json and state.pt always hold."""
VALIDATION_COLUMNS = ("step", "crops", "set", "size", "cut", "scores")


class RunFolder:
    """run.json, log.csv, validation.csv, state.pt and checkpoint.safetensors of one run."""

    def __init__(self, path: Path):
        self.path, self.checkpoint = path, path / "checkpoint.safetensors"
        self._description, self._state = path / "run.json", path / "state.pt"
        self._log, self._validation = path / "log.csv", path / "validation.csv"

    @property
    def has_state(self) -> bool:
        """Whether a run can go on from here."""
        return self._state.is_file()

    def check_free(self) -> None:
        """A new run must not replace what another learned.

        Raises:
            TrainingError: the folder holds a run.
        """
        if self._state.exists() or self.checkpoint.exists():
            raise TrainingError(f"{self.path} holds a run: resume it (--resume), or choose another folder (--out)")

    def check_resumable(self) -> None:
        """There must be something to go on from.

        Raises:
            TrainingError: there is nothing.
        """
        if not self.has_state:
            raise TrainingError(f"nothing to resume: {self._state} does not exist; leave resume out to start a new run there")

    def describe(
        self,
        recipe: Recipe,
        options: RunOptions,
        config: SSPNetConfig,
        started_from: dict[str, str],
        start: Path | None,
        world: int,
    ) -> None:
        """Write run.json: what the run is made of, with notes and digest of the checkpoint that it starts from."""
        self._write({
            "recipe": asdict(recipe), "options": asdict(options), "config": config.to_dict(), "started_from": started_from,
            "start": None if start is None else digest(start), "world": world, **environment(),
        })  # fmt: skip

    def description(self) -> dict[str, Any]:
        """What `describe` wrote.

        Raises:
            TrainingError: there is none, or it is damaged.
        """
        if not self._description.is_file():
            raise TrainingError(f"nothing to resume in {self.path}: it holds no run.json")
        try:
            description = json.loads(self._description.read_bytes())
        except (OSError, ValueError):
            description = None
        if not _holds(description, DESCRIBED):
            raise TrainingError(f"{self._description} is damaged, or no run.json that sspnet-sdk train wrote")
        return dict(description)

    def go_on_with(self, options: RunOptions) -> None:
        """Put the options that a run goes on with into run.json: its length, for one, may be another than at first."""
        description = self.description()
        if description["options"] != asdict(options):
            self._write(description | {"options": asdict(options)})

    def _write(self, description: dict[str, Any]) -> None:
        with whole_file(self._description) as partial:
            partial.write_text(json.dumps(description, indent=1))

    def log(self, columns: Sequence[str], row: Sequence[object]) -> None:
        append_row(self._log, columns, row)

    def log_scores(self, *row: object) -> None:
        """A row of `VALIDATION_COLUMNS`."""
        append_row(self._validation, VALIDATION_COLUMNS, row)

    def forget_rows_after(self, step: int) -> None:
        """Drop what tables tell of later steps: a run that was killed had gone on after its last save."""
        for table in (self._log, self._validation):
            forget_rows_after(table, step)

    def forget_tables(self) -> None:
        """Drop all that tables tell, their columns too: those of another recipe differ."""
        for table in (self._log, self._validation):
            table.unlink(missing_ok=True)

    def save_state(self, state: dict[str, object]) -> None:
        """What the run needs to go on after a kill."""
        with whole_file(self._state) as partial, partial.open("wb") as file:
            torch.save(state, file)

    def load_state(self) -> dict[str, Any]:
        """What `save_state` wrote.

        Raises:
            TrainingError: the file is damaged, or another.
        """
        try:
            state = torch.load(self._state, map_location="cpu", weights_only=True)
        except Exception:  # of a file that is none, whatever its first bytes make pickle do
            state = None
        if not _holds(state, SAVED):
            raise TrainingError(f"{self._state} is damaged, or no state of a run that sspnet-sdk train wrote")
        return dict(state)

    def save_checkpoint(
        self, config: SSPNetConfig, weights: dict[str, Tensor], notes: dict[str, str], bodies: dict[str, Tensor]
    ) -> None:
        save_checkpoint(self.checkpoint, config, weights, notes, bodies)


def _holds(document: object, names: frozenset[str]) -> bool:
    return isinstance(document, dict) and names <= document.keys()


def append_row(path: Path, columns: Sequence[str], row: Sequence[object]) -> None:
    """Add a row to a table, which begins with the names of its columns."""
    fresh = not path.exists() or not path.stat().st_size
    with refusals_in_one_line(path), path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(columns)
        writer.writerow(row)


def forget_rows_after(path: Path, step: int) -> None:
    """Drop rows whose first column lies past `step`, and those that a kill, a full disk or a lost power supply spoiled."""
    if not path.exists():
        return
    with refusals_in_one_line(path):
        text = path.read_text("utf-8", errors="replace").replace("\0", "")
    header, *rows = list(csv.reader(text.splitlines())) or [[]]
    whole = (row for row in rows if len(row) == len(header) and row[0].isdigit())
    with whole_file(path) as partial, partial.open("w", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in whole if int(row[0]) <= step)])


def environment() -> dict[str, object]:
    """Versions, machine and the state of the git checkout."""
    return {
        "git": {"commit": _git("rev-parse", "HEAD"), "changed": _git("status", "--porcelain").splitlines()},
        "environment": {
            "python": platform.python_version(), "torch": torch.__version__, "machine": platform.platform(),
            "threads": torch.get_num_threads(), "cuda": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        },
    }  # fmt: skip


def _git(*words: str) -> str:
    try:
        found = subprocess.run(["git", *words], capture_output=True, text=True, cwd=Path(__file__).parent)
    except OSError:
        return ""
    return found.stdout.strip()
