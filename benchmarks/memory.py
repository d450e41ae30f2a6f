"""Resident memory of a process that has one cut open, all cuts, and all cuts at all sizes, each in a fresh process.

python benchmarks/memory.py
"""

from __future__ import annotations

import json
import subprocess
import sys

_CHILD = """
import json, sys
import numpy as np
import cv2
from sspnet_sdk.backends import load
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.inference.stages import StageChain

def resident_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

bundle, backend = open_bundle(), load({backend!r})
before, chains = resident_mb(), []
for size, cut in {points!r}:
    chains.append(StageChain(bundle, backend, "fp32", size, 2))
    chains[-1].warm_up(cut)
print(json.dumps([before, resident_mb()]))
"""


def main() -> None:
    from sspnet_sdk.backends import installed
    from sspnet_sdk.bundle import open_bundle

    bundle = open_bundle()
    size, first, last = bundle.sizes[-1], bundle.cuts[0], bundle.cuts[-1]
    cases = {
        f"cut {first}, {size} px": [(size, first)],
        f"all cuts, {size} px": [(size, last)],
        "all cuts, all sizes": [(each, last) for each in bundle.sizes],
    }
    print("| engine | nothing open | " + " | ".join(cases) + " | all cuts : one |\n|" + "---|" * (len(cases) + 3))
    for backend in installed():
        found = [_measure(backend, points) for points in cases.values()]
        cells = [f"{megabytes:.0f} MB" for megabytes in (found[0][0], *(after for _, after in found))]
        print(f"| {backend} | {' | '.join(cells)} | {found[1][1] / found[0][1]:.2f} |")


def _measure(backend: str, points: list[tuple[int, int]]) -> tuple[float, float]:
    code = _CHILD.format(backend=backend, points=points)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    before, after = json.loads(result.stdout)
    return before, after


if __name__ == "__main__":
    main()
