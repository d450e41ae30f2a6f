"""What one tracked person costs end to end, in ms per frame, beside an earlier version of this package.

git worktree add ../before COMMIT
python benchmarks/tracking.py walk.mp4 --before ../before
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from side_by_side import keep_to_cores

_HERE = Path(__file__).resolve().parent.parent
_POINT = {"backend": "onnxruntime", "cut": 2, "input_size": 256, "threads": 1}


def work(video: str) -> None:
    """In a process of its own: for each line that comes, follow one person through the video. Prints ms per frame: of the whole
    stream with decoding, tracking and smoothing, and of it the time in `predict`."""
    from sspnet_sdk import Estimator
    from sspnet_sdk.video import stream

    options: dict[str, Any] = _POINT
    estimator = Estimator(**options)
    for _ in sys.stdin:
        begin, predicting, frames = time.perf_counter(), 0.0, 0
        for frame in stream(video, estimator, people=1):
            predicting += sum(person.pose.latency_ms for person in frame.people)
            frames += 1
        whole = (time.perf_counter() - begin) * 1000
        print(whole / frames, predicting / frames, flush=True)


class Version:
    """A tree of the package in a process of its own."""

    def __init__(self, tree: Path, video: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, str(Path(__file__).resolve()), str(video), "--work"]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": tree}
        self._process = subprocess.Popen(command, env=environment, **pipes)

    def run(self) -> tuple[float, float]:
        """Once through the video."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        whole, predicting = self._process.stdout.readline().split()
        return float(whole), float(predicting)

    def close(self) -> None:
        self._process.communicate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--before", type=Path, help="a tree of an earlier version")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        return work(str(given.video))
    keep_to_cores(1)
    trees = {"now": _HERE, **({"before": given.before.resolve()} if given.before else {})}
    versions = {name: Version(tree, given.video.resolve()) for name, tree in trees.items()}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in versions}
    for round_ in range(given.rounds + 1):
        for name, version in versions.items():
            times = version.run()
            if round_:  # the first one warms up
                found[name].append(times)
    for version in versions.values():
        version.close()
    print("| version | ms per frame | of it predict | the rest |\n|---|---|---|---|")
    for name, rows in found.items():
        whole, predicting = (median(row[i] for row in rows) for i in (0, 1))
        rest = median(row[0] - row[1] for row in rows)
        print(f"| {name} | {whole:.2f} | {predicting:.2f} | {rest:.2f} |")
    if "before" in found:
        print(f"now / before: {median(a[0] / b[0] for a, b in zip(found['now'], found['before'], strict=True)):.2f}")


if __name__ == "__main__":
    main()
