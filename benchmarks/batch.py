"""Crops together against crops alone, time of one crop as a ratio: by engine, precision, size, cut and number of crops.

    python benchmarks/batch.py

Bursts of each take turns; the median over rounds is printed. This is what the largest groups of `sspnet_sdk.inference.engine`
come from. OpenVINO's graphs are compiled for each number. The last column says how long that takes, or to read them from the
cache.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import numpy as np

from sspnet_sdk import open_bundle
from sspnet_sdk.backends import installed, load
from sspnet_sdk.bundle import Bundle
from sspnet_sdk.device import default_threads
from sspnet_sdk.inference.stages import StageChain

COUNTS = (1, 2, 4, 8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--cuts", type=int, nargs="+", help="all of the bundle's, if not given")
    given = parser.parse_args()
    bundle = open_bundle()
    print("| engine | size | cut | alone | " + " | ".join(f"{count} together" for count in COUNTS[1:]) + " | opening 4 |")
    print("|" + "---|" * (len(COUNTS) + 4))
    for backend in installed():
        for precision in ("fp32", *(name for name in load(backend).precisions if name == "bf16")):
            for size in bundle.sizes:
                chains, opening_s = _chains(bundle, backend, precision, size, given.threads)
                for cut in given.cuts or bundle.cuts:
                    times = _times(chains, cut, size, given.rounds)
                    ratios = [median(a / b for a, b in zip(times[count], times[1], strict=True)) for count in COUNTS[1:]]
                    cells = [f"{median(times[1]):.2f} ms", *(f"{ratio:.2f}" for ratio in ratios), opening_s]
                    print(f"| {backend} {precision} | {size} | {cut} | {' | '.join(cells)} |", flush=True)


def _chains(bundle: Bundle, backend: str, precision: str, size: int, threads: int) -> tuple[dict[int, StageChain], str]:
    """A chain for each number of crops, and how long it took to open the one for 4."""
    engine = load(backend)
    if not engine.fixed_batches:
        return dict.fromkeys(COUNTS, StageChain(bundle, engine, precision, size, threads)), "–"
    chains, opening_s = {}, {}
    for count in COUNTS:
        begin = time.perf_counter()
        chains[count] = StageChain(bundle, engine, precision, size, threads, batch=count)
        chains[count].warm_up(bundle.cuts[-1])
        opening_s[count] = time.perf_counter() - begin
    return chains, f"{opening_s[4]:.1f} s"


def _times(chains: dict[int, StageChain], cut: int, size: int, rounds: int) -> dict[int, list[float]]:
    """Number of crops together -> ms of one crop in each round."""
    crops = np.random.default_rng(0).integers(0, 255, (COUNTS[-1], size, size, 3)).astype(np.uint8)
    parts = {count: [np.ascontiguousarray(part) for part in np.split(crops, len(crops) // count)] for count in COUNTS}
    times: dict[int, list[float]] = {count: [] for count in COUNTS}
    for round_ in range(rounds + 1):
        for count, chain in chains.items():
            chain.run(parts[count][0], cut)
            begin = time.perf_counter()
            for part in parts[count]:
                chain.run(part, cut)
            if round_:
                times[count].append((time.perf_counter() - begin) * 1000 / len(crops))
    return times


if __name__ == "__main__":
    main()
