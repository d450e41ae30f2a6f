"""libsspnet beside the Python package, end to end on a 1080p frame with a box, in one process; and the engine within libsspnet.

    cmake --preset desktop-openvino && cmake --build --preset desktop-openvino
    python benchmarks/cpp_against_python.py
    python benchmarks/cpp_against_python.py --beside OTHER/libsspnet.so    # what another build adds to the engine, and this one

Poses of both are compared first. "engine" is the time that libsspnet spends inside the engine's own calls: the stages up to the
cut, and the graph for millimetres. The rest is the crop and some arithmetic. Both are of the same calls, by the library's own
clock, since Python takes another 0.05 ms to call it. "libsspnet : engine" is the median over calls.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
from frames import box_in, frames
from libsspnet import LibSSPNet, Pose
from side_by_side import side_by_side, timed

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import open_bundle

BUILD = Path(__file__).parents[1] / "build/desktop-openvino/cpp"


def main() -> None:
    given = _arguments()
    bundle, image, box = open_bundle(), frames(1)[0], box_in(0)
    if given.beside is not None:
        return beside(given)
    print("| engine | size | cut | engine | libsspnet | Python | libsspnet : engine | Python : libsspnet |")
    print("|---|---|---|---|---|---|---|---|")
    for size in bundle.sizes:
        for cut in (bundle.cuts[0], bundle.cuts[-1]):
            python = Estimator(bundle, cut=cut, input_size=size, backend=given.backend, threads=given.threads)
            native = LibSSPNet(given.library, bundle.folder, given.backend, cut, size, given.threads)
            astray = np.abs(np.array(native.predict(image, box).keypoints) - python.predict(image, box).keypoints).max()
            if astray > 0.5:
                raise SystemExit(f"the two disagree by {astray:.2f} px at {size} px, cut {cut}: these are not the same thing")
            calls = _Calls(lambda n=native: n.predict(image, box))  # type: ignore[misc]
            bursts = {"libsspnet": calls.burst, "python": timed(lambda p=python: p.predict(image, box))}  # type: ignore[misc]
            found = side_by_side(bursts, given.rounds, 8)
            libsspnet, whole = found["libsspnet"], found["python"]
            times = f"{median(calls.engine_ms):.2f} ms | {libsspnet:.2f} ms | {whole:.2f} ms"
            ratios = f"{median(calls.shares):.3f} | {whole / libsspnet:.2f}"
            print(f"| {given.backend} | {size} | {cut} | {times} | {ratios} |", flush=True)


def beside(given: argparse.Namespace) -> None:
    """What two builds of the library take outside the engine's own calls, a burst of each in turn."""
    bundle, image, box = open_bundle(), frames(1)[0], box_in(0)
    print("| size | cut | engine | the other adds | this adds |\n|---|---|---|---|---|")
    for size in bundle.sizes:
        for cut in (bundle.cuts[0], bundle.cuts[-1]):
            calls = []
            for library in (given.beside, given.library):
                native = LibSSPNet(library, bundle.folder, given.backend, cut, size, given.threads)
                calls.append(_Calls(lambda n=native: n.predict(image, box)))  # type: ignore[misc]
            side_by_side({"other": calls[0].burst, "this": calls[1].burst}, given.rounds, 8)
            added = " | ".join(f"{median(each.added_ms):.2f} ms" for each in calls)
            print(f"| {size} | {cut} | {median(calls[1].engine_ms):.2f} ms | {added} |", flush=True)


class _Calls:
    """Calls of libsspnet: how long each was inside the engine, and how much longer it was in all."""

    def __init__(self, predict: Callable[[], Pose]) -> None:
        self._predict = predict
        self.engine_ms: list[float] = []
        self.shares: list[float] = []
        self.added_ms: list[float] = []

    def burst(self, count: int) -> list[float]:
        self._predict()  # finds cold caches, and does not count
        return [self._elapsed_ms() for _ in range(count)]

    def _elapsed_ms(self) -> float:
        pose = self._predict()
        elapsed_ms, engine_ms = pose.latency_ms, pose.network_ms
        self.engine_ms.append(engine_ms)
        self.shares.append(elapsed_ms / engine_ms)
        self.added_ms.append(elapsed_ms - engine_ms)
        return elapsed_ms


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, default=BUILD / "libsspnet.so", help="libsspnet as it was built")
    parser.add_argument("--beside", type=Path, help="another build of libsspnet")
    parser.add_argument("--backend", choices=("openvino", "onnxruntime"), default="openvino")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args()


if __name__ == "__main__":
    main()
