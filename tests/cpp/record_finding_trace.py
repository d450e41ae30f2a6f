"""Writes finding_trace.json: what the finder and the poses said and whom that was taken for; crops and their pixels.

Python, C++ and the browser replay it. Crops are always made anew, what is found only with a bundle whose finder has the decoder
"single_person_centres".

    python tests/cpp/record_finding_trace.py [BUNDLE]
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from sspnet_sdk import Estimator
from sspnet_sdk.finding.locate import find_people
from sspnet_sdk.finding.peaks import Peaks
from sspnet_sdk.finding.search import Search
from sspnet_sdk.geometry.crop import Crop, cut_out
from sspnet_sdk.images.image import open_image

TRACE = Path(__file__).with_name("finding_trace.json")
PHOTOS = Path(__file__).parents[2] / "examples/photos"
GRAIN = 4096  # values of maps are multiples of 1 / GRAIN, which float32 holds exactly in every language
FINDER, FINER = 128, 256


class Recorder:
    """Runs the real finder and poses, and writes down what they said; maps hold what somebody reads, all else is 0."""

    def __init__(self, engine, first_look, image):
        self.engine, self.image = engine, image
        self.look = Search(image, engine, first_look)._look_at
        self.marked, self.floor = list(self.engine.bundle.finder.joints), self.engine.bundle.finder.centre_floor
        self.runs, self.looks = [], []

    def run(self, size):
        def run_finder(crop):
            centre, joints, heat = (np.round(values * GRAIN) for values in self.engine.find(self.image, crop, size))
            centre[centre < self.floor * GRAIN] = 0
            heat[heat < 0.1 * GRAIN] = 0
            read = np.zeros_like(joints)
            read[self.marked] = joints[self.marked] * ((centre > 0) & (centre >= cv2.dilate(centre, np.ones((3, 3), np.uint8))))
            heat[[joint for joint in range(len(heat)) if joint not in self.marked]] = 0
            self.runs.append({"crop": [crop.x, crop.y, crop.side], "cells": centre.shape[0], "joints": len(heat)})
            self.runs[-1]["maps"] = [sparse(values) for values in (centre, read, heat)]
            return tuple((values / GRAIN).astype(np.float32) for values in (centre, read, heat))

        return run_finder

    def look_at(self, box):
        confidence, around = self.look(box)
        confidence, around = round(confidence, 4), np.round(around).astype(np.float32)
        self.looks.append([confidence, around.tolist()])
        return confidence, around


def sparse(values):
    """Index and value of what is not 0, one after the other."""
    flat = values.reshape(-1).astype(int)
    (indices,) = np.nonzero(flat)
    return np.stack([indices, flat[indices]], axis=1).reshape(-1).tolist()


def finding(estimator, name, pixels, looks, doubts):
    image = open_image(pixels, "bgr")
    bundle = estimator.bundle
    peaks = Peaks(bundle.finder, bundle.poses)
    with estimator._engine() as engine:
        recorder = Recorder(engine, estimator._plan.first_look, image)
        more = (recorder.run(FINER), recorder.look_at) if doubts else (None, None)
        people = find_people(image, peaks, recorder.run(FINDER), looks, *more)
    return {
        "name": name,
        "image": [image.width, image.height],
        "looks": looks,
        "doubts": doubts,
        "finder": asdict(bundle.finder),
        "poses": asdict(bundle.poses),
        "runs": recorder.runs,
        "answers": recorder.looks,
        "people": [{"box": person.box.tolist(), "score": person.score, "sure": person.sure} for person in people],
    }


def surrounded(photo, times):
    """The photograph in the middle of so many times as much grey."""
    height, width = photo.shape[:2]
    canvas = np.full((height * times, width * times, 3), 120, np.uint8)
    canvas[(times - 1) * height // 2 :, (times - 1) * width // 2 :][:height, :width] = photo
    return canvas


def findings(estimator):
    photos = [cv2.imread(str(path)) for path in sorted(PHOTOS.glob("*.jpg"))[:3]]
    dark = np.random.default_rng(2).integers(0, 60, (240, 320, 3), np.uint8)
    yield from (finding(estimator, f"photograph {index}", photo, 3, True) for index, photo in enumerate(photos))
    yield from (finding(estimator, f"far away {index}", surrounded(photo, 3), 2, True) for index, photo in enumerate(photos[:2]))
    yield finding(estimator, "in a hurry", surrounded(photos[0], 2), 1, False)
    yield finding(estimator, "nobody", dark, 3, True)


def crops():
    """A small picture and what is cut out of it: inside, over its border, enlarged, halved once and twice, beside it."""
    rows, columns = np.mgrid[0:72, 0:96].astype(np.float32)
    waves = [127 + 90 * np.sin(columns / a + 1) * np.cos(rows / b) for a, b in ((7, 9), (11, 6), (5, 13))]
    pixels = np.clip(np.stack(waves, axis=2), 0, 255).astype(np.uint8)
    image, made = open_image(pixels, "rgb"), []
    boxes = [(20, 10, 16, 24), (-10, -8, 40, 40), (70, 50, 60, 40), (30.5, 20.25, 5, 4.5), (0, 0, 96, 72), (-60, -40, 200, 160)]
    for box in [*boxes, (300, 300, 20, 20)]:
        crop, out = Crop.around(np.array(box, np.float32), 1.25), np.empty((16, 16, 3), np.uint8)
        cut_out(image, crop, out, 128)
        made.append({"box": box, "crop": [crop.x, crop.y, crop.side], "pixels": out.reshape(-1).tolist()})
    return {
        "width": 96,
        "height": 72,
        "rgb": pixels.reshape(-1).tolist(),
        "size": 16,
        "box_scale": 1.25,
        "border": 128,
        "crops": made,
    }


def main():
    traces = json.loads(TRACE.read_text()) | {"grain": GRAIN, "crop": crops()}
    if len(sys.argv) > 1:
        traces["findings"] = list(findings(Estimator(sys.argv[1], backend="onnxruntime", threads=1)))
    TRACE.write_text(json.dumps(traces, separators=(",", ":"), default=float).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
