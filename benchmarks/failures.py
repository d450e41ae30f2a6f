"""The held-out people whom a checkpoint places worst, as a sheet: labels in white, answers of the deepest cut in colour.

python benchmarks/failures.py --checkpoint train/checkpoints/edge.safetensors --rendered /data/synth3d --out failures.jpg

Of the people with 11 or more limb joints in sight, those with the fewest of them within 0.2 torso.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from sspnet_train.data.catalog import open_split
from sspnet_train.data.sample import SampleSource
from sspnet_train.evaluation.overlays import overlay_rows
from sspnet_train.evaluation.scores import FULLY_VISIBLE, Predictions, limb_distances, predict_cuts
from sspnet_train.network.checkpoint import load_network

SHOWN = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--rendered", type=Path, required=True, help="synth3d")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    network, people = load_network(given.checkpoint), open_split("synth3d", given.rendered, "val", "coco")
    right = joints_right(predict_cuts(network, people, given.size, [network.config.pyramids]), network.config.pyramids)
    worst = np.argsort(right, kind="stable")[:SHOWN]
    print("joints right, of those in sight:", ", ".join(f"{share:.0%}" for share in right[worst]))
    sheet = overlay_rows(network, SampleSource("worst", SHOWN, lambda place: people[int(worst[place])]), given.size, SHOWN)
    cv2.imwrite(str(given.out), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])


def joints_right(found: Predictions, cut: int) -> np.ndarray:
    """(N,) share of a person's limb joints in sight that are within 0.2 torso; 2 for people who are not seen well enough."""
    distance, in_sight = limb_distances(found, cut)
    count = in_sight.sum(axis=1)
    return np.where(count >= FULLY_VISIBLE, ((distance < 0.2) & in_sight).sum(axis=1) / np.maximum(count, 1), 2.0)


if __name__ == "__main__":
    main()
