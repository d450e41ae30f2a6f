"""How far `Pose.angle` is from the truth, by how far the joint is bent: rendered people in their true boxes.

python benchmarks/angles.py --rendered /data/synth3d
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
from sspnet_train.data.catalog import open_split

from sspnet_sdk import Estimator

JOINTS = ("knee", "hip", "elbow")
BENT = ((60, 90), (90, 120), (120, 150), (150, 180))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rendered", type=Path, required=True, help="synth3d")
    given = parser.parse_args()
    estimator = Estimator(cut=8, input_size=256, precision="fp32", color="rgb")
    people = open_split("synth3d", given.rendered, "val", "coco")
    angles: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for sample in (people[index] for index in range(len(people))):
        pose = estimator.predict(sample.image, sample.box)
        truth = replace(pose, joints3d=sample.joints3d.astype(np.float32), keypoints=pose.keypoints[: len(sample.joints3d)])
        for joint in JOINTS:
            angles[joint] += [(truth.angle(f"{side}_{joint}"), pose.angle(f"{side}_{joint}")) for side in ("left", "right")]
    print(f"| true | {' | '.join(JOINTS)} |\n|---|{'---|' * len(JOINTS)}")
    for low, high in BENT:
        print(f"| {low}° to {high}° | {' | '.join(seen(np.array(angles[joint]), low, high) for joint in JOINTS)} |")


def seen(angles: np.ndarray, low: float, high: float) -> str:
    """Means of (N, 2) true and answered angles whose truth lies between two, and how many they are."""
    true, answered = angles[(angles[:, 0] >= low) & (angles[:, 0] <= high)].T
    return f"{true.mean():.0f}° is seen as {answered.mean():.0f}° ({len(true)})"


if __name__ == "__main__":
    main()
