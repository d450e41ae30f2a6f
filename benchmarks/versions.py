"""Versions of this package side by side: each in a process of its own that runs a benchmark's `--work` whenever it is told to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent.parent


class Version:
    """A tree of the package that waits for its turns.

    Args:
        tree: where it lies.
        script: the benchmark; with `--work` it runs once for each line that comes, and prints numbers.
        arguments: of the script.
    """

    def __init__(self, tree: Path, script: str, *arguments: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, str(Path(script).resolve()), *arguments, "--work"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": tree}
        self._process = subprocess.Popen(command, env=environment, **pipes)

    def run(self) -> tuple[float, ...]:
        """The numbers of one turn."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        return tuple(float(number) for number in self._process.stdout.readline().split())

    def close(self) -> None:
        self._process.communicate()


def in_turn(versions: Mapping[str, Version], rounds: int) -> dict[str, list[tuple[float, ...]]]:
    """The numbers of some versions in each round, after one that warms up. The versions are closed then."""
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in versions}
    for round_ in range(rounds + 1):
        for name, version in versions.items():
            numbers = version.run()
            if round_:
                found[name].append(numbers)
    for version in versions.values():
        version.close()
    return found


def turns() -> Iterator[None]:
    """For `--work`: one for each line that comes."""
    for _ in sys.stdin:
        yield
