"""Crops together against crops alone on ONNX Runtime's CPU: CPU time of one crop, as a ratio, by size and number of crops.

Runs of each take turns; the median over rounds is printed. This is what the engine's largest batch on a CPU comes from.

python benchmarks/batch.py
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from sspnet_sdk import open_bundle
from sspnet_sdk.backends import load
from sspnet_sdk.stages import StageChain

COUNTS, ROUNDS, CROPS = (1, 2, 4, 8, 16), 12, 16


def main() -> None:
    bundle, backend = open_bundle(), load("onnxruntime")
    print("| crop | " + " | ".join(f"{count} together" for count in COUNTS) + " |\n|" + "---|" * (len(COUNTS) + 1))
    for size in bundle.sizes:
        chain = StageChain(bundle, backend, "fp32", size, threads=1)
        crops = np.random.default_rng(0).integers(0, 255, (CROPS, size, size, 3)).astype(np.uint8)
        times: dict[int, list[float]] = {count: [] for count in COUNTS}
        for _ in range(ROUNDS):
            for count in COUNTS:
                times[count].append(_cpu_s(chain, crops, count, bundle.cuts[-1]))
        ratios = [median(a / b for a, b in zip(times[count], times[1], strict=True)) for count in COUNTS]
        print(f"| {size} px | " + " | ".join(f"{ratio:.2f}" for ratio in ratios) + " |", flush=True)


def _cpu_s(chain: StageChain, crops: np.ndarray, together: int, cut: int) -> float:
    begin = time.process_time()
    for start in range(0, len(crops), together):
        chain.run(crops[start : start + together], cut)
    return time.process_time() - begin


if __name__ == "__main__":
    main()
