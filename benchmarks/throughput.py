"""People per second on all cores: one estimator with all threads, several workers of one thread each, and several people at once.

    python benchmarks/throughput.py

1080p frames with a box each, every engine and precision that runs here. The ways of one engine take turns. Each number is the
median over rounds of a burst; in brackets its ratio to one estimator with all threads in the same round.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from statistics import median

from frames import box_in, frames

from sspnet_sdk import Bundle, Estimator, open_bundle
from sspnet_sdk.backends import installed, load
from sspnet_sdk.device import default_threads

TOGETHER, WORKERS = 8, (1, 2, 4)
LASTING = 400
"""People after whom groups have networks of their own (sspnet_sdk/inference/together.py)."""
Way = Callable[[int], None]
"""Takes so many people through."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--people", type=int, default=16, help="in one burst")
    given = parser.parse_args()
    print(table(given.rounds, given.people), end="")


def table(rounds: int, people: int) -> str:
    """Markdown; says on stderr how far it is."""
    bundle, rows = open_bundle(), []
    for backend in installed():
        for precision in ("fp32", *(p for p in load(backend).precisions if p == "bf16")):
            for size, cut in ((bundle.sizes[0], bundle.cuts[0]), (bundle.sizes[-1], bundle.cuts[-1])):
                print(f"{backend} {precision}, {size} px, cut {cut}", file=sys.stderr, flush=True)
                rates = _rates(
                    bundle, {"backend": backend, "precision": precision, "input_size": size, "cut": cut}, rounds, people
                )
                base = rates[next(iter(rates))]
                cells = [f"{median(r):.0f} ({median(a / b for a, b in zip(r, base, strict=True)):.2f})" for r in rates.values()]
                rows.append(f"| {backend} | {precision} | {size} | {cut} | {' | '.join(cells)} |")
    heads = ["engine", "precision", "size", "cut", *rates]
    return "\n".join([f"| {' | '.join(heads)} |", "|" + "---|" * len(heads), *rows]) + "\n"


def _rates(bundle: Bundle, options: dict, rounds: int, people: int) -> dict[str, list[float]]:
    """Name of each way -> people per second in each round."""
    images = frames(TOGETHER)
    boxes = [box_in(index) for index in range(TOGETHER)]
    with ExitStack() as opened:
        whole = opened.enter_context(Estimator(bundle, **options, threads=default_threads()))
        ways: dict[str, Way] = {f"1 estimator, {default_threads()} threads": lambda count: _alone(whole, images, boxes, count)}
        for workers in WORKERS:
            shared = opened.enter_context(Estimator(bundle, **options, threads=1, workers=workers))
            pool = opened.enter_context(ThreadPoolExecutor(workers))
            ways[f"{workers} worker{'s' * (workers > 1)}, 1 thread each"] = _in(pool, shared, images, boxes)
        ways[f"`predict_batch` of {TOGETHER}"] = _together(lambda: whole.predict_batch(images, boxes))
        ways[f"`predict_many` of {TOGETHER}"] = _together(lambda: whole.predict_many(images[0], boxes))
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for way in ways.values():
            way(people)
        ways[f"`predict_batch` of {TOGETHER}"](LASTING)  # opens networks for groups, in the background
        time.sleep(2)
        for _ in range(rounds):
            for name, way in ways.items():
                begin = time.perf_counter()
                way(people)
                rates[name].append(people / (time.perf_counter() - begin))
    return rates


def _alone(estimator: Estimator, images: list, boxes: list, count: int) -> None:
    for index in range(count):
        estimator.predict(images[index % TOGETHER], boxes[index % TOGETHER])


def _together(run: Callable[[], object]) -> Way:
    def way(count: int) -> None:
        for _ in range(count // TOGETHER):
            run()

    return way


def _in(pool: ThreadPoolExecutor, estimator: Estimator, images: list, boxes: list) -> Way:
    def way(count: int) -> None:
        list(pool.map(lambda index: estimator.predict(images[index % TOGETHER], boxes[index % TOGETHER]), range(count)))

    return way


if __name__ == "__main__":
    main()
