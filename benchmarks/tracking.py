"""What one tracked person costs end to end, in ms per frame, beside an earlier version of this package.

git worktree add ../before COMMIT
python benchmarks/tracking.py walk.mp4 --before ../before
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median
from typing import Any

from side_by_side import keep_to_cores
from versions import HERE, Version, in_turn, turns

_POINT = {"backend": "onnxruntime", "cut": 2, "input_size": 256, "threads": 1}


def work(video: str) -> None:
    """In a process of its own: for each line that comes, follow one person through the video. Prints ms per frame: of the whole
    stream with decoding, tracking and smoothing, and of it the time in `predict`."""
    from sspnet_sdk import Estimator
    from sspnet_sdk.video import stream

    options: dict[str, Any] = _POINT
    estimator = Estimator(**options)
    for _ in turns():
        begin, predicting, frames = time.perf_counter(), 0.0, 0
        for frame in stream(video, estimator, people=1):
            predicting += sum(person.pose.latency_ms for person in frame.people)
            frames += 1
        whole = (time.perf_counter() - begin) * 1000
        print(whole / frames, predicting / frames, flush=True)


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
    trees = {"now": HERE, **({"before": given.before.resolve()} if given.before else {})}
    video = str(given.video.resolve())
    found = in_turn({name: Version(tree, __file__, video) for name, tree in trees.items()}, given.rounds)
    print("| version | ms per frame | of it predict | the rest |\n|---|---|---|---|")
    for name, rows in found.items():
        whole, predicting = (median(row[i] for row in rows) for i in (0, 1))
        rest = median(row[0] - row[1] for row in rows)
        print(f"| {name} | {whole:.2f} | {predicting:.2f} | {rest:.2f} |")
    if "before" in found:
        print(f"now / before: {median(a[0] / b[0] for a, b in zip(found['now'], found['before'], strict=True)):.2f}")


if __name__ == "__main__":
    main()
