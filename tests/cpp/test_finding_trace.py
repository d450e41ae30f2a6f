"""The recorded trace of finding people, which C++ and the browser replay too, is what Python does today."""

import json
from pathlib import Path

import numpy as np
import pytest

from sspnet_sdk.bundles.thresholds import PoseThresholds, SinglePersonCentres
from sspnet_sdk.finding.locate import find_people
from sspnet_sdk.finding.peaks import Peaks
from sspnet_sdk.geometry.crop import Crop, cut_out
from sspnet_sdk.images.image import open_image

TRACE = json.loads(Path(__file__).with_name("finding_trace.json").read_text())


def dense(values, shape):
    """A map whose values that are not 0 are listed: index, value, index, value, …"""
    filled = np.zeros(shape, np.float32)
    filled.reshape(-1)[values[::2]] = np.array(values[1::2], np.float32) / TRACE["grain"]
    return filled


def answers(trace):
    """The recorded answers in order: of the finder, and of poses; each says on which crop or box it was asked."""
    runs, looks = iter(trace["runs"]), iter(trace["answers"])

    def run(crop):
        said = next(runs)
        assert [crop.x, crop.y, crop.side] == pytest.approx(said["crop"], abs=0.01)
        shapes = [(said["cells"],) * 2, (said["joints"], 2, said["cells"], said["cells"])]
        shapes.append((said["joints"], said["cells"], said["cells"]))
        return tuple(dense(values, shape) for values, shape in zip(said["maps"], shapes, strict=True))

    def look_at(_box):
        confidence, box = next(looks)
        return confidence, np.array(box, np.float32)

    return run, look_at, lambda: next(runs, None) is None and next(looks, None) is None


@pytest.mark.parametrize("trace", TRACE["findings"], ids=lambda trace: trace["name"])
def test_the_same_people_are_found(trace):
    numbers = {name: tuple(value) if isinstance(value, list) else value for name, value in trace["finder"].items()}
    peaks = Peaks(SinglePersonCentres(**numbers), PoseThresholds(**trace["poses"]))
    width, height = trace["image"]
    run, look_at, all_asked = answers(trace)
    image = open_image(np.zeros((height, width, 3), np.uint8), "rgb")
    people = find_people(image, peaks, run, trace["looks"], *((run, look_at) if trace["doubts"] else ()))
    assert all_asked()
    assert len(people) == len(trace["people"])
    for person, recorded in zip(people, trace["people"], strict=True):
        np.testing.assert_allclose(person.box, recorded["box"], atol=0.05)
        assert (person.score, person.sure) == (pytest.approx(recorded["score"], abs=1e-4), recorded["sure"])


def test_some_pictures_needed_everything_and_some_nothing():
    asked = {len(trace["answers"]) for trace in TRACE["findings"]}
    cells = {run["cells"] for trace in TRACE["findings"] for run in trace["runs"]}
    assert 0 in asked and max(asked) >= 3 and len(cells) == 2


def test_the_same_pixels_are_cut_out():
    recorded = TRACE["crop"]
    picture = np.array(recorded["rgb"], np.uint8).reshape(recorded["height"], recorded["width"], 3)
    image, size = open_image(picture, "rgb"), recorded["size"]
    for one in recorded["crops"]:
        crop, out = Crop.around(np.array(one["box"], np.float32), recorded["box_scale"]), np.empty((size, size, 3), np.uint8)
        assert [crop.x, crop.y, crop.side] == pytest.approx(one["crop"])
        cut_out(image, crop, out, recorded["border"])
        apart = np.abs(out.reshape(-1).astype(int) - one["pixels"])
        assert apart.max() <= 2 and apart.mean() < 0.3  # OpenCV's own rounding, which differs between CPUs
