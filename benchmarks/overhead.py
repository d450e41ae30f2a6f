"""What predict() on a 1080p frame with a box costs beyond the bare network run, side by side.

python benchmarks/overhead.py
python benchmarks/overhead.py --parts      # the crop and the graph for millimetres, each right after a run of the network
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from frames import box_in, frames
from side_by_side import Burst, side_by_side, timed

from sspnet_sdk import Estimator
from sspnet_sdk.backends import installed, load
from sspnet_sdk.bundle import Bundle, open_bundle
from sspnet_sdk.crop import Crop, check_box, cut_out
from sspnet_sdk.engine import Engine
from sspnet_sdk.image import open_image
from sspnet_sdk.stages import StageChain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--parts", action="store_true", help="time the parts of a call, at the shallowest cut")
    given = parser.parse_args()
    bundle, image, box = open_bundle(), frames(1)[0], box_in(0)
    if given.parts:
        return parts(bundle, given.threads, given.rounds)
    print("| engine | size | cut | network | predict | ratio |\n|---|---|---|---|---|---|")
    for backend, precision in engines():
        for size in bundle.sizes:
            for cut in (bundle.cuts[0], bundle.cuts[-1]):
                fixed = {"cut": cut, "input_size": size, "backend": backend, "precision": precision}
                estimator = Estimator(bundle, **fixed, threads=given.threads)
                chain = StageChain(bundle, load(backend), precision, size, given.threads)
                crop = np.full((1, size, size, 3), 128, np.uint8)
                bursts: dict[str, Burst] = {
                    "network": timed(lambda c=chain, x=crop, k=cut: c.run(x, k)),  # type: ignore[misc]
                    "predict": timed(lambda e=estimator: e.predict(image, box)),  # type: ignore[misc]
                }
                found = side_by_side(bursts, given.rounds, 8)
                times = f"{found['network']:.2f} ms | {found['predict']:.2f} ms | {found['predict'] / found['network']:.2f}"
                print(f"| {backend} {precision} | {size} | {cut} | {times} |", flush=True)


def engines() -> list[tuple[str, str]]:
    """Each backend with each precision that it computes the default bundle in."""
    return [(backend, precision) for backend in installed() for precision in ("fp32", *load(backend).precisions)]


def parts(bundle: Bundle, threads: int, rounds: int) -> None:
    """The parts of a call as they find the caches: the network has driven out the frame's pixels and the weights of the lift."""
    image, cut = open_image(frames(1)[0]), bundle.cuts[0]
    crop = Crop.around(check_box(box_in(0), image), bundle.box_scale)
    print("| engine | size | crop | millimetres |\n|---|---|---|---|")
    for backend in installed():
        for size in bundle.sizes:
            engine, out = Engine(bundle, backend, "fp32", threads), np.full((1, size, size, 3), 128, np.uint8)
            chain = engine.chain("fp32", size)
            poses = chain.run(out, cut).poses
            bursts: dict[str, Burst] = {
                "crop": after(lambda c=chain, x=out: c.run(x, cut), lambda x=out: cut_out(image, crop, x[0], bundle.border)),  # type: ignore[misc]
                "lift": after(lambda c=chain, x=out: c.run(x, cut), lambda e=engine, p=poses: e.joints3d(p)),  # type: ignore[misc]
            }
            found = side_by_side(bursts, rounds, 8)
            print(f"| {backend} | {size} | {found['crop']:.2f} ms | {found['lift']:.2f} ms |", flush=True)


def after(first: Callable[[], object], then: Callable[[], object]) -> Burst:
    """A burst of `then`, each right after `first`, which is not timed."""

    def burst(count: int) -> list[float]:
        times = []
        for _ in range(count):
            first()
            begin = time.perf_counter()
            then()
            times.append((time.perf_counter() - begin) * 1000)
        return times

    return burst


if __name__ == "__main__":
    main()
