"""A data set of your own, in its own format, trained on: a class that says how many people there are and reads one.

    python examples/own_dataset.py my_photos/ --steps 600

my_photos/labels.csv has a line per person, and no line of names above: file, x, y, w, h (the person's box), then u, v in pixels
of each of the 17 joints in Human3.6M's order; an empty pair is a joint that nobody labelled.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
from sspnet_train.data.catalog import READERS, Reader
from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.training import run_training

from sspnet_sdk import SSPNetError, read_picture


class CsvPeople:
    """The people of labels.csv; every eighth is kept for validation."""

    def __init__(self, folder: Path, split: str):
        with (folder / "labels.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        self.folder = folder
        self.rows = [row for i, row in enumerate(rows) if (i % 8 == 7) == (split == "val")]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Sample:
        name, *numbers = self.rows[index]
        values = np.array([float(number) if number else np.nan for number in numbers], np.float32)
        keypoints = values[4:].reshape(17, 2)
        weight = np.isfinite(keypoints).all(axis=1).astype(np.float32)
        image = cv2.cvtColor(read_picture(self.folder / name), cv2.COLOR_BGR2RGB)
        return Sample(image, values[:4], np.nan_to_num(keypoints), weight, name=name)


def open_csv_people(folder: Path, split: str) -> SampleSource:
    people = CsvPeople(folder, split)
    return SampleSource(f"csv-people/{split}", len(people), people.__getitem__)


READERS["csv-people"] = Reader(open_csv_people, lambda folder: (folder / "labels.csv").is_file(), kind="wild", definition="coco")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--recipe", default="finetune")
    parser.add_argument("--init", default="default", help="checkpoint to start from; `default` is the one that is shipped")
    parser.add_argument("--out", type=Path, default=Path("run"))
    given = parser.parse_args()
    data = {"csv-people": given.folder}
    print(run_training(data, given.out, given.steps, recipe=given.recipe, init=given.init, freeze=["entry"]))


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
