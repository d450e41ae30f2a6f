"""The NPU or GPU of an Intel Core Ultra through OpenVINO, beside its CPU.

    python examples/openvino_npu.py photo.jpg

needs `pip install "sspnet-sdk[openvino]"` and Intel's NPU driver. An NPU computes in fp16: the last column says what that moves.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from sspnet_sdk import BackendError, Estimator, SSPNetError, read_picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path)
    parser.add_argument("--devices", nargs="+", default=["cpu", "gpu", "npu"])
    parser.add_argument("--input-size", type=int)
    parser.add_argument("--runs", type=int, default=100)
    given = parser.parse_args()

    image, reference = read_picture(given.image), None
    for device in given.devices:
        try:
            estimator = Estimator(backend="openvino", device=device, input_size=given.input_size)
        except BackendError as error:
            print(f"{device}: {error}")
            continue
        box = estimator.predict(image).box if reference is None else reference.box
        poses = [estimator.predict(image, box) for _ in range(given.runs)]
        reference = reference or poses[-1]
        median, p95 = np.percentile([pose.latency_ms for pose in poses], [50, 95])
        apart = np.abs(poses[-1].keypoints - reference.keypoints).max()
        print(f"{device}: median {median:.2f} ms, p95 {p95:.2f} ms, {apart:.2f} px from the first")


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
