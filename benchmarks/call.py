"""A call of predict on a 1080p frame with a box, beside an earlier version of this package.

    git worktree add ../before COMMIT
    python benchmarks/call.py --before ../before

Of each version: the whole call, and what Python takes of it, with engines that answer at once and no crop.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

from frames import box_in, frames
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
    print("| engine | size | cut | version | call | Python alone |\n|---|---|---|---|---|---|")
    for point in given.points:
        options = ("--points", point, "--threads", str(given.threads))
        found = in_turn({name: Version(tree, __file__, *options) for name, tree in trees.items()}, given.rounds)
        backend, precision, size, cut = point.split()
        for name, rows in found.items():
            call, python = (median(column) for column in zip(*rows, strict=True))
            print(f"| {backend} {precision} | {size} | {cut} | {name} | {call:.2f} ms | {1000 * python:.0f} µs |", flush=True)
        if "before" in found:
            pairs = list(zip(found["now"], found["before"], strict=True))
            call, python = (median(now[i] / before[i] for now, before in pairs) for i in (0, 1))
            print(f"| {backend} {precision} | {size} | {cut} | now / before | {call:.2f} | {python:.2f} |", flush=True)


def work(point: str, threads: int) -> None:
    """Prints ms of a call, and of a call without engines and crop."""
    from sspnet_sdk import Estimator

    backend, precision, size, cut = point.split()
    image, box = frames(1)[0], box_in(0)
    estimator = Estimator(backend=backend, precision=precision, input_size=int(size), cut=int(cut), threads=threads)
    estimator.predict(image, box)
    for _ in turns():
        call = _median_ms(lambda: estimator.predict(image, box), CALLS)
        with _idle(backend, lambda: estimator.predict(image, box)):
            python = _median_ms(lambda: estimator.predict(image, box), 20 * CALLS)
        print(call, python, flush=True)


def _median_ms(run: Callable[[], object], count: int) -> float:
    times = []
    for _ in range(count + 1):  # the first finds cold caches
        begin = time.perf_counter()
        run()
        times.append((time.perf_counter() - begin) * 1000)
    return median(times[1:])


@contextmanager
def _idle(backend: str, call: Callable[[], object]) -> Iterator[None]:
    """Engines answer as they did in `call`, at once; nothing is cropped."""
    if backend == "openvino":
        import openvino

        engine = mock.patch.object(openvino.InferRequest, "infer", lambda *_, **__: None)  # outputs stay as they are
    else:
        import onnxruntime

        run, kept = onnxruntime.InferenceSession.run, {}

        def keep(session: Any, names: Any, inputs: Any) -> Any:
            kept[session] = run(session, names, inputs)
            return kept[session]

        with mock.patch.object(onnxruntime.InferenceSession, "run", keep):
            call()
        engine = mock.patch.object(onnxruntime.InferenceSession, "run", lambda session, *_: kept[session])
    with engine, mock.patch("sspnet_sdk.inference.engine.cut_out", lambda *_: None):
        yield


if __name__ == "__main__":
    main()
