"""What a run writes down beside its weights: tables of numbers, and what it was made of."""

from __future__ import annotations

import csv
import platform
import subprocess
from pathlib import Path

import torch

from sspnet_train.whole_file import refusals_in_one_line, whole_file


def append_row(path: Path, columns: list[str], row: list[object]) -> None:
    fresh = not path.exists()
    with refusals_in_one_line(path), path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(columns)
        writer.writerow(row)


def forget_rows_after(path: Path, step: int) -> None:
    """Drop rows whose first column lies past `step`. A run that was killed had gone on after its last save."""
    if not path.exists():
        return
    with path.open(newline="") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    with whole_file(path) as partial, partial.open("w", newline="") as file:
        csv.writer(file).writerows([header, *(row for row in rows if row and row[0].isdigit() and int(row[0]) <= step)])


def environment() -> dict[str, object]:
    """Versions, machine and the state of the git checkout, for run.json."""
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
