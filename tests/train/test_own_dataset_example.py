"""The example that docs/own-dataset.md shows reads its format and trains."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_people import drawn_person
from sspnet_train.data.catalog import READERS, open_split
from sspnet_train.training import run_training
from sspnet_train.training.recipes import RECIPES

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_dataset.py"


@pytest.fixture
def own_folder(tmp_path):
    spec = importlib.util.spec_from_file_location("own_dataset", EXAMPLE)
    assert spec is not None and spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    lines = []
    for i in range(16):
        person = drawn_person(i)
        cv2.imwrite(str(tmp_path / f"{i}.png"), person.image[..., ::-1])
        points = [f"{value:.2f}" for value in person.keypoints.reshape(-1)]
        points[14:16] = ["", ""]
        lines.append(",".join([f"{i}.png", *(f"{value:.2f}" for value in person.box), *points]))
    (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n")
    yield tmp_path
    READERS.pop("csv-people")


def test_the_example_reads_its_format_and_masks_what_is_empty(own_folder):
    kept, held = (open_split("csv-people", own_folder, split, "coco") for split in ("train", "val"))
    assert (len(kept), len(held)) == (14, 2)
    sample = held[1]
    assert sample.name == "15.png" and sample.weight[7] == 0 and sample.weight.sum() == 16
    np.testing.assert_allclose(sample.keypoints[3], drawn_person(15).keypoints[3], atol=0.01)


def test_the_example_trains(own_folder, tiny_recipe, monkeypatch, tmp_path):
    monkeypatch.setitem(RECIPES, "small", replace(tiny_recipe, name="small"))
    path = run_training({"csv-people": own_folder}, tmp_path / "run", 2, recipe="small", freeze=["entry"], quiet=True)
    assert path.is_file()
