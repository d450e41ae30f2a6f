"""What predict() on a 1080p frame with a box costs beyond the bare network run, side by side.

python benchmarks/overhead.py
"""

from __future__ import annotations

import argparse

import numpy as np
from frames import box_in, frames
from side_by_side import Burst, side_by_side, timed

from sspnet_sdk import Estimator
from sspnet_sdk.backends import installed, load
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.stages import StageChain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    bundle, image, box = open_bundle(), frames(1)[0], box_in(0)
    print("| engine | size | cut | network | predict | ratio |\n|---|---|---|---|---|---|")
    for backend in installed():
        for size in bundle.sizes:
            for cut in (bundle.cuts[0], bundle.cuts[-1]):
                estimator = Estimator(bundle, cut=cut, input_size=size, backend=backend, threads=given.threads)
                chain = StageChain(bundle, load(backend), "fp32", size, given.threads)
                crop = np.full((1, size, size, 3), 128, np.uint8)
                bursts: dict[str, Burst] = {
                    "network": timed(lambda c=chain, x=crop, k=cut: c.run(x, k)),  # type: ignore[misc]
                    "predict": timed(lambda e=estimator: e.predict(image, box)),  # type: ignore[misc]
                }
                found = side_by_side(bursts, given.rounds, 8)
                times = f"{found['network']:.2f} ms | {found['predict']:.2f} ms | {found['predict'] / found['network']:.2f}"
                print(f"| {backend} | {size} | {cut} | {times} |", flush=True)


if __name__ == "__main__":
    main()
