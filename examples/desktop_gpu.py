"""Is the GPU used, how fast is it, and does it answer as the CPU does?

    python examples/desktop_gpu.py photo.jpg --devices cpu cuda tensorrt

needs `pip uninstall onnxruntime && pip install "onnxruntime-gpu[cuda,cudnn]"`, and `pip install tensorrt` for the last.
TensorRT compiles for minutes the first time; its engines are kept in the user's cache folder.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from sspnet_sdk import BackendError, Estimator, SSPNetError, read_picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path)
    parser.add_argument("--devices", nargs="+", default=["cpu", "cuda"], help="cpu, cuda, tensorrt, directml, coreml, gpu, npu")
    parser.add_argument("--cut", type=int)
    parser.add_argument("--input-size", type=int)
    parser.add_argument("--precision", default="auto", help="fp16 needs a bundle exported with --precision fp32,fp16")
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--runs", type=int, default=200)
    given = parser.parse_args()

    image, reference = read_picture(given.image), None
    print(f"{'device':<10} {'engine':<12} {'open s':>7} {'median ms':>10} {'p95 ms':>8} {'FPS':>6}  difference to the first")
    for device in given.devices:
        begin = time.perf_counter()
        try:
            estimator = Estimator(
                given.bundle, device=device, cut=given.cut, input_size=given.input_size, precision=given.precision
            )
            pose = estimator.predict(image)
        except BackendError as error:
            print(f"{device:<10} {error}")
            continue
        opened = time.perf_counter() - begin
        box = pose.box if reference is None else reference.box
        poses = [estimator.predict(image, box) for _ in range(given.runs)]
        median, p95 = np.percentile([pose.latency_ms for pose in poses], [50, 95])
        reference = reference or poses[-1]
        apart = np.abs(poses[-1].keypoints - reference.keypoints).max()
        row = f"{estimator.device:<10} {estimator.backend:<12} {opened:7.1f} {median:10.2f} {p95:8.2f} {1000 / median:6.0f}"
        print(f"{row}  {apart:.2f} px")


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
