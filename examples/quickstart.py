"""The pose of one person in a photograph: its numbers, and a picture of it.

python examples/quickstart.py examples/photos/000000234748.jpg
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sspnet_sdk import Estimator, SSPNetError, read_picture, write_image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=Path)
    parser.add_argument("--box", type=float, nargs=4, metavar=("X", "Y", "W", "H"), help="where the person is; else it is found")
    parser.add_argument("--out", type=Path, default=Path("quickstart.png"))
    given = parser.parse_args()

    image = read_picture(given.image)  # BGR, as OpenCV reads it, and upright
    pose = Estimator().predict(image, box=given.box)

    print(f"{'joint':<12} {'x px':>7} {'y px':>7} {'x mm':>7} {'y mm':>7} {'z mm':>7} {'sure':>5}")
    for name, (u, v), (x, y, z), sure in zip(pose.names, pose.keypoints, pose.joints3d, pose.confidence, strict=True):
        print(f"{name:<12} {u:7.1f} {v:7.1f} {x:7.0f} {y:7.0f} {z:7.0f} {sure:5.2f}")
    write_image(given.out, pose.draw(image))
    print(f"cut {pose.cut} at {pose.input_size} px in {pose.latency_ms:.1f} ms{', unsure' * pose.unsure}; wrote {given.out}")


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
