"""COCO's average precision of a network's cuts on true boxes, by COCO's own evaluation.

python -m sspnet_train.evaluation.coco_ap --checkpoint edge.safetensors --data people2d=/data/people2d
"""

from __future__ import annotations

import argparse
import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np

from sspnet_train.data.catalog import common_definition, parse_data, validation_sets
from sspnet_train.data.sample import COCO_OF_FACE, COCO_OF_LIMB, Sample
from sspnet_train.errors import DataError, TrainingError, one_line
from sspnet_train.evaluation.scores import Predictions, predict_cuts
from sspnet_train.network.checkpoint import load_network

COCO_OF_JOINT = COCO_OF_LIMB | COCO_OF_FACE
AREA_OF_BOX = 0.53
"""A person's area as a share of the box, where a set has no outlines: the usual stand-in in COCO's tools."""


def coco_ap(predictions: Predictions, cut: int) -> float:
    """Average precision over object keypoint similarities of 0.50 to 0.95, one true box for each person.

    Args:
        predictions: people with COCO's joints, hidden ones labelled too.
        cut: whose answers are scored.

    Raises:
        TrainingError: pycocotools is missing.
    """
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError:
        raise TrainingError("COCO's average precision needs pycocotools: pip install pycocotools") from None
    samples = predictions.samples
    truth = COCO()
    truth.dataset = {
        "images": [{"id": index + 1} for index in range(len(samples))],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [_label(sample, index + 1) for index, sample in enumerate(samples)],
    }
    answers = [
        _answer(points, float(sure.mean()), index + 1)
        for index, (points, sure) in enumerate(zip(predictions.keypoints[cut], predictions.confidence[cut], strict=True))
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(answers), "keypoints")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return float(evaluation.stats[0])


def _answer(points: np.ndarray, score: float, image: int) -> dict[str, Any]:
    return {"image_id": image, "category_id": 1, "keypoints": _coco(points, np.full(len(points), 2)), "score": score}


def _label(sample: Sample, number: int) -> dict[str, Any]:
    labelled = sample.weight > 0
    return {
        "id": number, "image_id": number, "category_id": 1, "iscrowd": 0, "bbox": [float(value) for value in sample.box],
        "area": AREA_OF_BOX * float(sample.box[2] * sample.box[3]),
        "keypoints": _coco(sample.keypoints, np.where(labelled, 2, 0)),
        "num_keypoints": int(sum(labelled[joint] for joint in COCO_OF_JOINT if joint < len(labelled))),
    }  # fmt: skip


def _coco(points: np.ndarray, flags: np.ndarray) -> list[float]:
    """Our joints (J, 2) and a flag for each -> COCO's 17 as x, y, flag; those that are missing are 0."""
    rows = np.zeros((17, 3))
    for joint, row in COCO_OF_JOINT.items():
        if joint < len(points) and flags[joint]:
            rows[row] = points[joint, 0], points[joint, 1], flags[joint]
    return [float(value) for value in rows.ravel()]


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", action="append", required=True, metavar="[NAME=]FOLDER", help="may be given several times")
    parser.add_argument("--size", type=int, default=256, help="side of the input, pixels")
    parser.add_argument("--cuts", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--limit", type=int, help="only so many people of each set")
    given = parser.parse_args()
    network, data = load_network(given.checkpoint), parse_data(given.data)
    head = "| set | cut | AP |\n|---|---|---|\n"
    sets = validation_sets(data, common_definition(data))
    if not sets:
        raise DataError(f"nobody is held out to score in {', '.join(data)}")
    for name, source in sets.items():
        predictions = predict_cuts(network, source, given.size, given.cuts, limit=given.limit)
        for cut in given.cuts:
            print(f"{head}| {name} | {cut} | {coco_ap(predictions, cut):.3f} |")
            head = ""


if __name__ == "__main__":
    main()
