"""The paper's network beside this machine's own matrix product: share of its rate at fp32 in OpenVINO, and milliseconds per cut.

    python benchmarks/paper_rate.py

Random weights: speed does not depend on them. Exporting them takes a minute.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matrix_product import SIDE, gmacs_per_s, matrix_product
from side_by_side import Burst, keep_to_cores, side_by_side, timed
from sspnet_export.write_bundle import export_bundle
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.model import CONFIGS, SSPNet

from sspnet_sdk.backends import load
from sspnet_sdk.bundle import Bundle, open_bundle
from sspnet_sdk.inference.stages import StageChain


def main() -> None:
    given = _arguments()
    keep_to_cores(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        bundle = open_bundle(given.bundle or _random_bundle(Path(folder), given.size))
        bursts: dict[str, Burst] = {"product": timed(matrix_product(given.threads))}
        for cut in bundle.cuts:
            bursts[str(cut)] = timed(_network(bundle, given.size, cut, given.threads))
        times = side_by_side(bursts, given.rounds, 3)
    rate = 2 * gmacs_per_s(times["product"])
    print(f"matrix product of {SIDE} x {SIDE} in OpenVINO, fp32, {given.threads} threads: {rate:.0f} GFLOP/s")
    print("| cut | MACs | ms | FPS | GFLOP/s | share of the matrix product |\n|---|---|---|---|---|---|")
    for cut in bundle.cuts:
        macs, milliseconds = bundle.macs(given.size, cut), times[str(cut)]
        reached = 2 * macs / milliseconds / 1e6
        cells = f"{milliseconds:.0f} ms | {1000 / milliseconds:.1f} | {reached:.0f} | {reached / rate:.0%}"
        print(f"| {cut} | {macs / 1e9:.2f} G | {cells} |")


def _random_bundle(folder: Path, size: int) -> Path:
    network = SSPNet(CONFIGS["paper"]).eval()
    save_checkpoint(folder / "paper.safetensors", network.config, network.state_dict(), {})
    return export_bundle(folder / "paper.safetensors", out=folder / "bundle", sizes=(size,), finder=None)


def _network(bundle: Bundle, size: int, cut: int, threads: int) -> Callable[[], object]:
    chain, crop = StageChain(bundle, load("openvino"), "fp32", size, threads), np.full((1, size, size, 3), 128, np.uint8)
    return lambda: chain.run(crop, cut)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bundle", type=Path, help="a bundle of the config paper; if not given, one with random weights is made")
    return parser.parse_args()


if __name__ == "__main__":
    main()
