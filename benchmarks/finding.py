"""What is lost where nobody gives the box: photographs of one person within one to four times as much surroundings.

python benchmarks/finding.py --people /data/people3d --surroundings /data/backgrounds --limit 250

Each held-out photograph is set, at its own size, into a piece of a panorama so many times as wide and high, at random. PCK@0.2 of
the limb joints with the true box, and with the person found by `Estimator.predict` itself.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from peer_accuracy import ours, pck
from sspnet_train.data.backgrounds import backgrounds
from sspnet_train.data.catalog import open_split
from sspnet_train.data.sample import Sample, SampleSource

from sspnet_sdk import Estimator

CONTEXTS = (1, 2, 3, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=Path, required=True, help="people3d")
    parser.add_argument("--surroundings", type=Path, required=True, help="a folder of .webp panoramas without people")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    photographs, empty = open_split("people3d", given.people, "val", "coco"), backgrounds(given.surroundings)
    estimator = Estimator(backend="onnxruntime", threads=given.threads, color="rgb")
    print("| surroundings | PCK, true box | PCK, person found | lost |\n|---|---|---|---|")
    for context in CONTEXTS:
        placed = within(photographs, empty, context)
        boxed = pck(ours(estimator), placed, given.limit)
        found = pck(lambda sample: (estimator.predict(sample.image).keypoints, None), placed, given.limit)
        print(f"| {context}x | {boxed:.3f} | {found:.3f} | {boxed - found:+.3f} |", flush=True)


def within(people: SampleSource, empty: SampleSource, context: int) -> SampleSource:
    """The people in pictures `context` times as wide and high as theirs."""
    return SampleSource(people.name, len(people), lambda index: placed(people[index], empty[index].image, context, index))


def placed(sample: Sample, panorama: np.ndarray, context: int, seed: int) -> Sample:
    if context == 1:
        return sample
    rng, (height, width) = np.random.default_rng(seed), sample.image.shape[:2]
    picture = cv2.resize(panorama, (2 * context * width, context * height), interpolation=cv2.INTER_LINEAR)
    left = int(rng.integers(context * width + 1))
    picture = picture[:, left : left + context * width].copy()
    x, y = (int(rng.integers((context - 1) * side + 1)) for side in (width, height))
    picture[y : y + height, x : x + width] = sample.image
    offset = np.array([x, y], np.float32)
    box = sample.box + np.array([x, y, 0, 0], np.float32)
    return replace(sample, image=picture, box=box, keypoints=sample.keypoints + offset)


if __name__ == "__main__":
    main()
