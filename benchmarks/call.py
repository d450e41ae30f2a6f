"""A call of predict on a 1080p frame with a box, beside an earlier version of this package.

    git worktree add ../before COMMIT
    python benchmarks/call.py --before ../before

Of each version: the whole call, and what Python takes of it, with engines that answer at once and no crop, each right after a run
of a network, which drives Python's own objects out of the caches, and again at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import numpy as np
from frames import box_in, frames
from side_by_side import after, timed
from versions import HERE, Version, in_turn, turns

CALLS = 12
POINTS = (
    *("openvino fp32 128 2", "openvino fp32 256 8", "openvino bf16 128 2", "openvino bf16 256 8"),
    *("onnxruntime fp32 128 2", "onnxruntime fp32 256 8"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a tree of an earlier version")
    parser.add_argument("--points", nargs="+", default=POINTS, help="engine, precision, size and cut")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        return work(given.points[0], given.threads)
    trees = {"now": HERE, **({"before": given.before.resolve()} if given.before else {})}
    print("| engine | size | cut | version | call | Python alone | again at once |\n|---|---|---|---|---|---|---|")
    for point in given.points:
        options = ("--points", point, "--threads", str(given.threads))
        found = in_turn({name: Version(tree, __file__, *options) for name, tree in trees.items()}, given.rounds)
        backend, precision, size, cut = point.split()
        for name, rows in found.items():
            call, python, again = (median(column) for column in zip(*rows, strict=True))
            times = f"{call:.2f} ms | {1000 * python:.0f} µs | {1000 * again:.0f} µs"
            print(f"| {backend} {precision} | {size} | {cut} | {name} | {times} |", flush=True)
        if "before" in found:
            pairs = list(zip(found["now"], found["before"], strict=True))
            ratios = " | ".join(f"{median(now[i] / before[i] for now, before in pairs):.2f}" for i in range(3))
            print(f"| {backend} {precision} | {size} | {cut} | now / before | {ratios} |", flush=True)


def work(point: str, threads: int) -> None:
    """Prints ms of a call, and of a call without engines and crop."""
    from sspnet_sdk import Estimator
    from sspnet_sdk.backends import load
    from sspnet_sdk.bundle import open_bundle
    from sspnet_sdk.inference.stages import StageChain

    backend, precision, size, cut = point.split()
    image, box = frames(1)[0], box_in(0)
    chain = StageChain(open_bundle(), load(backend), precision, int(size), threads)
    crop = np.full((1, int(size), int(size), 3), 128, np.uint8)
    estimator = Estimator(backend=backend, precision=precision, input_size=int(size), cut=int(cut), threads=threads)
    estimator.predict(image, box)
    for _ in turns():
        call = median(timed(lambda: estimator.predict(image, box))(CALLS))
        with _idle(backend, lambda: estimator.predict(image, box)):
            python = median(after(lambda: chain.run(crop, int(cut)), lambda: estimator.predict(image, box))(CALLS))
            again = median(timed(lambda: estimator.predict(image, box))(CALLS))
        print(call, python, again, flush=True)


@contextmanager
def _idle(backend: str, call: Callable[[], object]) -> Iterator[None]:
    """What ran in `call` answers at once, as it did then; other networks run. Nothing is cropped."""
    if backend == "openvino":
        from openvino import InferRequest as Session

        name = "infer"
    else:
        from onnxruntime import InferenceSession as Session

        name = "run"
    run, kept = getattr(Session, name), {}

    def keep(session: Any, *arguments: Any, **named: Any) -> Any:
        kept[id(session)] = run(session, *arguments, **named)
        return kept[id(session)]

    def answer(session: Any, *arguments: Any, **named: Any) -> Any:
        return kept[id(session)] if id(session) in kept else run(session, *arguments, **named)

    with mock.patch.object(Session, name, keep):
        call()
    with mock.patch.object(Session, name, answer), mock.patch("sspnet_sdk.inference.engine.cut_out", lambda *_: None):
        yield


if __name__ == "__main__":
    main()
