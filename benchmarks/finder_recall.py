"""Who is found in whole pictures, and who is found where nobody is.

python benchmarks/finder_recall.py --pictures /data/people2d --empty /data/backgrounds [--bundle bundle] [--sides 192 256 320 384]

Pictures are those that the finder was not trained on (`sspnet_train.data.whole_pictures`): people found of those labelled that
are 60 px or more on the longer side (IoU 0.5, each box one person's), boxes on nobody labelled for each 122 pictures, and the
share of views of held-out panoramas (four of 90 degrees each, 640 px) in which somebody is found. COCO left people without joints
unlabelled: some of the boxes on nobody are on them. First what `Estimator.find` says, and how many of all labelled joints poses
place in its boxes (PCK@0.2 of the torso; who is not found has none) and in true ones. Then, for a finder of centres and boxes,
its network alone at several sides of the view, at the likelihood at which so many boxes are on nobody; all peaks count.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from sspnet_train.data.coco import JOINT_OF_COCO, PIXEL_CENTRE
from sspnet_train.data.sample import JOINTS
from sspnet_train.data.whole_pictures import WholePictures, four_views, panoramas
from sspnet_train.metrics import torso

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.bundles.thresholds import CentresAndBoxes
from sspnet_sdk.finding.person_box import iou
from sspnet_sdk.finding.person_boxes import people_of
from sspnet_sdk.images.image import open_image
from sspnet_sdk.inference.engine import Engine

LEAST_SIDE, SAME, PCK_AT = 60, 0.5, 0.2
AMONG, FALSE = 122, (20, 40, 70)  # so many boxes on nobody for so many pictures
HEIGHTS = ((0, 100), (100, 160), (160, 10_000))

Scored = tuple[np.ndarray, np.ndarray]
"""Boxes (N, 4) and what they are sorted by (N,)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True, help="folder of pictures.tar and pictures.npz")
    parser.add_argument("--empty", type=Path, required=True, help="folder of .webp panoramas without people")
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--sides", type=int, nargs="+", default=[192, 256, 320, 384])
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    pictures = WholePictures(given.pictures, "val")
    views = [view for panorama in panoramas(given.empty, "val").values() for view in four_views(panorama)]
    estimator = Estimator(given.bundle, backend="onnxruntime", threads=given.threads, color="rgb")
    print(f"{len(pictures)} pictures, {len(views)} empty views\n")
    print("| finder | found | boxes on nobody | empty views | found to 100 px, 160 px, above |\n|---|---|---|---|---|")
    found = Matches(pictures, lambda image: with_scores(estimator.find(image)))
    empty = np.mean([len(estimator.find(view)) > 0 for view in views])
    print(f"| `find` | {found.row(-np.inf)} | {100 * empty:.1f} % | {found.by_size(-np.inf)} |", flush=True)
    print(f"\n{joints_placed(pictures, given.pictures, estimator)}\n", flush=True)
    numbers = open_bundle(given.bundle).finder
    if isinstance(numbers, CentresAndBoxes):
        engine = Engine(open_bundle(given.bundle), "onnxruntime", "fp32", given.threads)
        for side in given.sides:
            look = alone(engine, numbers, side)
            found, highest = Matches(pictures, look), [max(look(view)[1], default=0.0) for view in views]
            for score in (found.score_of(false) for false in FALSE):
                empty = np.mean([one >= score for one in highest])
                row = f"{found.row(score)} | {100 * empty:.1f} % | {found.by_size(score)}"
                print(f"| network alone, {side} px, from {score:.2f} on | {row} |", flush=True)


def joints_placed(pictures: WholePictures, folder: Path, estimator: Estimator) -> str:
    """The share of labelled joints that poses place in the boxes that are found, and in true ones."""
    with np.load(folder / "pictures.npz") as labels:
        picture_of, joints = labels["picture"], np.where(labels["vis"][..., None] > 0, labels["xy"], np.nan)
    right, labelled = np.zeros(2), 0
    for picture in (pictures[index] for index in range(len(pictures))):
        truth = np.full((len(picture.boxes), JOINTS, 2), np.nan)
        truth[:, [JOINT_OF_COCO[row] for row in range(17)]] = joints[picture_of == picture.name] + PIXEL_CENTRE
        counted = np.flatnonzero(picture.boxes[:, 2:].max(axis=1) >= LEAST_SIDE)
        units, labelled = torso(truth, picture.boxes), labelled + int(np.isfinite(truth[counted, :, 0]).sum())
        found = {person: box for box, person in whose(picture.boxes, estimator.find(picture.image)) if person in counted}
        for way, boxes in enumerate((found, {person: picture.boxes[person] for person in counted})):
            poses = estimator.predict_many(picture.image, list(boxes.values()))
            for person, pose in zip(boxes, poses, strict=True):
                count = len(pose.keypoints)
                off = np.linalg.norm(truth[person, :count] - pose.keypoints, axis=1) / units[person]
                right[way] += (off < PCK_AT).sum()
    found_share, true_share = right / labelled
    return f"joints placed (PCK@{PCK_AT}): {found_share:.3f} in found boxes, {true_share:.3f} in true ones"


def whose(people: np.ndarray, boxes: list[np.ndarray]) -> Iterator[tuple[np.ndarray, int]]:
    """Boxes that are on somebody, and on whom."""
    free = list(range(len(people)))
    for box in boxes:
        overlap, person = max(((iou(box, people[one]), one) for one in free), default=(0.0, -1))
        if overlap >= SAME:
            free.remove(person)
            yield box, person


def with_scores(boxes: list[np.ndarray]) -> Scored:
    return np.array(boxes).reshape(-1, 4), -np.arange(len(boxes), dtype=float)


def alone(engine: Engine, numbers: CentresAndBoxes, side: int) -> Callable[[np.ndarray], Scored]:
    size = engine.bundle.sizes[-1]
    looking = replace(numbers, picture_scale=side / size, centre_floor=0.02)

    def look(picture: np.ndarray) -> Scored:
        image = open_image(picture, "rgb")
        people = people_of(engine.find_boxes(image, size, looking), image, looking)
        return np.array([person.box for person in people]).reshape(-1, 4), np.array([person.score for person in people])

    return look


class Matches:
    """Every box with its score, and the longer side of the person that it is on; 0 where it is on nobody."""

    def __init__(self, pictures: WholePictures, look: Callable[[np.ndarray], Scored]):
        self.pictures, people, rows = len(pictures), [], []
        for picture in (pictures[index] for index in range(len(pictures))):
            people += picture.boxes[:, 2:].max(axis=1).tolist()
            rows += matched(picture.boxes, *look(picture.image))
        self.people = np.array([side for side in people if side >= LEAST_SIDE])
        self.scores, self.sides = np.array([row for row in rows if not 0 < row[1] < LEAST_SIDE]).reshape(-1, 2).T

    def score_of(self, false: int) -> float:
        """The lowest score at which no more than so many boxes for 122 pictures are on nobody."""
        wrong = np.sort(self.scores[self.sides == 0])[::-1]
        most = int(false * self.pictures / AMONG)
        return float(np.nextafter(wrong[most], np.inf)) if len(wrong) > most else float(self.scores.min())

    def row(self, score: float) -> str:
        kept = self.sides[self.scores >= score]
        share, false = (kept > 0).sum() / len(self.people), (kept == 0).sum() * AMONG / self.pictures
        return f"{100 * share:.1f} % ({(kept > 0).sum()} of {len(self.people)}) | {false:.0f}"

    def by_size(self, score: float) -> str:
        kept = self.sides[self.scores >= score]
        shares = [
            ((kept > low) & (kept <= high)).sum() / max(1, ((self.people > low) & (self.people <= high)).sum())
            for low, high in HEIGHTS
        ]
        return ", ".join(f"{100 * share:.0f} %" for share in shares)


def matched(people: np.ndarray, boxes: np.ndarray, scores: np.ndarray) -> Iterator[tuple[float, float]]:
    """(score, longer side of the person) of every box, the best first; everybody is found once."""
    free = list(range(len(people)))
    for index in np.argsort(-scores):
        overlaps = [(iou(boxes[index], people[person]), person) for person in free]
        overlap, person = max(overlaps, default=(0.0, -1))
        if overlap >= SAME:
            free.remove(person)
            yield float(scores[index]), float(people[person][2:].max())
        else:
            yield float(scores[index]), 0.0


if __name__ == "__main__":
    main()
