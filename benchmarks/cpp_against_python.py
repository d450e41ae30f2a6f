"""libsspnet beside the Python package, end to end on a 1080p frame with a box, in one process; and the engine within libsspnet.

    cmake --preset desktop-openvino && cmake --build --preset desktop-openvino
    python benchmarks/cpp_against_python.py

Poses of both are compared first. "engine" is the time that libsspnet spends inside the engine's own calls.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from frames import box_in, frames
from libsspnet import LibSSPNet
from side_by_side import side_by_side, timed

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import open_bundle

BUILD = Path(__file__).parents[1] / "build/desktop-openvino/cpp"


def main() -> None:
    given = _arguments()
    bundle, image, box = open_bundle(), frames(1)[0], box_in(0)
    print("| engine | size | cut | engine | libsspnet | Python | libsspnet : engine | Python : libsspnet |")
    print("|---|---|---|---|---|---|---|---|")
    for size in bundle.sizes:
        for cut in (bundle.cuts[0], bundle.cuts[-1]):
            python = Estimator(bundle, cut=cut, input_size=size, backend=given.backend, threads=given.threads)
            native = LibSSPNet(given.library, bundle.folder, given.backend, cut, size, given.threads)
            astray = np.abs(np.array(native.predict(image, box).keypoints) - python.predict(image, box).keypoints).max()
            if astray > 0.5:
                raise SystemExit(f"the two disagree by {astray:.2f} px at {size} px, cut {cut}: these are not the same thing")
            bursts = {
                "engine": lambda count, n=native: [n.predict(image, box).network_ms for _ in range(count + 1)][1:],
                "libsspnet": timed(lambda n=native: n.predict(image, box)),  # type: ignore[misc]
                "python": timed(lambda p=python: p.predict(image, box)),  # type: ignore[misc]
            }
            found = side_by_side(bursts, given.rounds, 8)
            engine, libsspnet, whole = found["engine"], found["libsspnet"], found["python"]
            times = f"{engine:.2f} ms | {libsspnet:.2f} ms | {whole:.2f} ms"
            print(
                f"| {given.backend} | {size} | {cut} | {times} | {libsspnet / engine:.3f} | {whole / libsspnet:.2f} |", flush=True
            )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, default=BUILD / "libsspnet.so", help="libsspnet as it was built")
    parser.add_argument("--backend", choices=("openvino", "onnxruntime"), default="openvino")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args()


if __name__ == "__main__":
    main()
