"""A domain of one's own to fine-tune on, for docs/fine-tuning.md: people who lie, as a camera above a bed or a mat sees them.

Photographs of upright people are turned by a quarter and written as COCO keypoints. 200 to train on come from people3d's training
set (the shipped network has seen them, upright); all that are held out, with labels by hand, from its validation set, which the
network has never seen.

    python examples/lying_people.py /data/people3d lying/
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from sspnet_train.data.coco import JOINT_OF_COCO, PIXEL_CENTRE
from sspnet_train.data.people3d import people3d
from sspnet_train.data.sample import Sample, padded

from sspnet_sdk import SSPNetError, write_image

TRAINED_ON = 200
TRUSTED = 0.5
SHOULDERS, HIPS = [11, 14], [1, 4]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("people3d", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    for split, most in (("train", TRAINED_ON), ("val", None)):
        source = people3d(given.people3d, split)
        order = np.random.default_rng(0).permutation(len(source))
        upright = islice((sample for sample in map(source.read, order) if is_upright(sample)), most)
        print(f"{split}: {write_split(given.out, split, upright)} people")


def is_upright(sample: Sample) -> bool:
    if sample.weight[SHOULDERS + HIPS].min() < TRUSTED:
        return False
    x, y = sample.keypoints[SHOULDERS].mean(axis=0) - sample.keypoints[HIPS].mean(axis=0)
    return bool(-y > abs(x))


def write_split(folder: Path, split: str, samples: Iterable[Sample]) -> int:
    """In COCO's own layout. -> how many people."""
    pictures = folder / f"{split}2017"
    pictures.mkdir(parents=True, exist_ok=True)
    (folder / "annotations").mkdir(exist_ok=True)
    images, people = [], []
    for number, sample in enumerate(samples):
        name = f"{number:04d}.png"
        write_image(pictures / name, cv2.cvtColor(np.rot90(sample.image), cv2.COLOR_RGB2BGR))
        images.append({"id": number, "file_name": name})
        people.append({"id": number, "image_id": number, **turned_labels(sample)})
    content = {"images": images, "annotations": people}
    (folder / "annotations" / f"person_keypoints_{split}2017.json").write_text(json.dumps(content))
    return len(people)


def turned_labels(sample: Sample) -> dict[str, list[float]]:
    """Box and keypoints after a quarter turn to the left: (x, y) comes to (y, width - x)."""
    sample, width = padded(sample), sample.image.shape[1]
    x, y, w, h = (float(value) for value in sample.box)
    keypoints = np.zeros((17, 3))
    for row, joint in JOINT_OF_COCO.items():
        if sample.weight[joint] >= TRUSTED:
            px, py = sample.keypoints[joint]
            keypoints[row] = py - PIXEL_CENTRE, width - px - PIXEL_CENTRE, 2
    return {"bbox": [y, width - x - w, h, w], "keypoints": keypoints.ravel().tolist()}


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
