"""What predict() on a 1080p frame with a box costs beyond the bare network run, side by side.

python benchmarks/overhead.py
python benchmarks/overhead.py --parts      # crop and graph for millimetres, each after a run of the network and again at once
python benchmarks/overhead.py --parts --before ../before      # beside an earlier version of this package
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from statistics import median

import numpy as np
from frames import box_in, frames
from side_by_side import Burst, after, side_by_side, timed
from versions import HERE, Version, in_turn, turns

from sspnet_sdk import Estimator
from sspnet_sdk.backends import installed, load
from sspnet_sdk.bundle import Bundle, open_bundle
from sspnet_sdk.geometry.crop import Crop, check_box, cut_out
from sspnet_sdk.images.image import open_image
from sspnet_sdk.inference.engine import Engine
from sspnet_sdk.inference.stages import StageChain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--parts", action="store_true", help="time the parts of a call, at the shallowest cut")
    parser.add_argument("--before", type=Path, help="a tree of an earlier version, for --parts")
    parser.add_argument("--point", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        return work(given.point[0], int(given.point[1]), given.threads)
    bundle, image, box = open_bundle(), frames(1)[0], box_in(0)
    if given.parts:
        trees = {"now": HERE, **({"before": given.before.resolve()} if given.before else {})}
        return parts(bundle, trees, given.threads, given.rounds)
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


def parts(bundle: Bundle, trees: Mapping[str, Path], threads: int, rounds: int) -> None:
    """The parts of a call as they find the caches: the network has driven out the frame's pixels and the weights of the lift."""
    print("| engine | size | version | crop | again at once | millimetres | again at once |\n|---|---|---|---|---|---|---|")
    for backend in installed():
        for size in bundle.sizes:
            options = ("--point", backend, str(size), "--threads", str(threads))
            found = in_turn({name: Version(tree, __file__, *options) for name, tree in trees.items()}, rounds)
            for name, rows in found.items():
                times = " | ".join(f"{median(column):.2f} ms" for column in zip(*rows, strict=True))
                print(f"| {backend} | {size} | {name} | {times} |", flush=True)


def work(backend: str, size: int, threads: int) -> None:
    """Prints ms of a crop right after a run of the network and of a second one, and of the lift the same."""
    bundle, image = open_bundle(), open_image(frames(1)[0])
    cut, crop = bundle.cuts[0], Crop.around(check_box(box_in(0), image), bundle.box_scale)
    engine, out = Engine(bundle, backend, "fp32", threads), np.full((1, size, size, 3), 128, np.uint8)
    chain = engine.chain("fp32", size)
    poses = chain.run(out, cut).poses
    parts = (lambda: cut_out(image, crop, out[0], bundle.border)), (lambda: engine.joints3d(poses))
    bursts = [burst for part in parts for burst in (after(lambda: chain.run(out, cut), part), timed(part))]
    for _ in turns():
        print(*(median(burst(8)) for burst in bursts), flush=True)


if __name__ == "__main__":
    main()
