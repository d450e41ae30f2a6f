"""The skeleton and the crop's geometry stand in training, export, Python, C++ and the browser: they are the same everywhere."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from sspnet_sdk import FLIP_PAIRS, JOINT_NAMES, JOINT_PARENTS
from sspnet_sdk.bundles.manifest import check_manifest, upgraded
from sspnet_sdk.bundles.thresholds import SCHEMA_1
from sspnet_sdk.geometry.crop import Crop
from sspnet_sdk.pose import BODY_JOINTS

ROOT = Path(__file__).parents[1]


def numbers(text):
    return [int(number) for number in re.findall(r"-?\d+", text)]


def between(path, start, end):
    """What a source file says between two pieces of text."""
    text = (ROOT / path).read_text()
    begin = text.index(start) + len(start)
    return text[begin : text.index(end, begin)]


def test_the_skeleton_is_that_of_cpp():
    file = "cpp/src/skeleton.hpp"
    assert re.findall('"(.*?)"', between(file, "kJointNames[SSPNET_JOINTS] = {", "};")) == list(JOINT_NAMES)
    assert numbers(between(file, "kJointParents[SSPNET_JOINTS] = {", "};")) == list(JOINT_PARENTS)
    assert numbers(between(file, "kFlipPairs[][2] = {", "};")) == [joint for pair in FLIP_PAIRS for joint in pair]
    header = (ROOT / "cpp/include/sspnet/sspnet.h").read_text()
    assert f"#define SSPNET_JOINTS {len(JOINT_NAMES)}\n" in header
    assert f"#define SSPNET_BODY_JOINTS {BODY_JOINTS}\n" in header


def test_the_skeleton_is_the_browsers():
    file = "examples/web/estimator/joints.js"
    assert re.findall('"(.*?)"', between(file, "JOINT_NAMES = [", "];")) == list(JOINT_NAMES)
    assert numbers(between(file, "JOINT_PARENTS = [", "];")) == list(JOINT_PARENTS)
    assert numbers(between(file, "FLIP_PAIRS = [", "];")) == [joint for pair in FLIP_PAIRS for joint in pair]
    assert numbers(between(file, "BODY_JOINTS = ", ";")) == [BODY_JOINTS]


def test_what_schema_1_means_is_the_same_in_all_runtimes():
    text = between("cpp/src/thresholds.cpp", 'kSchema1[] = R"(', ')"')
    assert json.loads(text) == SCHEMA_1
    browser = between("examples/web/estimator/thresholds.js", "SCHEMA_1 = ", ";\n")
    quoted = re.sub(r"(\w+): ", r'"\1": ', re.sub(r"\.\.\.\{(.*?)\}", r"\1", browser))
    assert json.loads(re.sub(r",(\s*[}\]])", r"\1", quoted)) == SCHEMA_1


def test_the_skeleton_and_the_crop_are_what_training_declares():
    pytest.importorskip("torch")
    from sspnet_export.manifest import BONE_LENGTHS_MM, FRAME, PREPROCESSING
    from sspnet_train.data.crop import BORDER, BOX_SCALE, DEPTH_RANGE_MM, view_matrix
    from sspnet_train.data.sample import BODY_PARENTS, FLIP_ORDER

    assert tuple(BODY_PARENTS) == JOINT_PARENTS[:BODY_JOINTS] and len(FLIP_ORDER) == len(JOINT_NAMES)
    swapped = list(range(len(JOINT_NAMES)))
    for left, right in FLIP_PAIRS:
        swapped[left], swapped[right] = right, left
    assert list(FLIP_ORDER) == swapped
    assert (PREPROCESSING["box_scale"], PREPROCESSING["border"], FRAME["depth_range_mm"]) == (BOX_SCALE, BORDER, DEPTH_RANGE_MM)
    assert all(JOINT_PARENTS[child] == parent for parent, child, _ in BONE_LENGTHS_MM)
    x, y, w, h = box = np.array([31.5, 12.0, 60.0, 140.0], np.float32)
    affine = view_matrix(np.array([x + w / 2, y + h / 2]), BOX_SCALE * float(max(w, h)), 256)
    for uv in ([0.0, 0.0], [1.0, 1.0], [0.25, 0.8]):
        pixel = Crop.around(box, BOX_SCALE).to_image(np.array(uv, np.float32))
        np.testing.assert_allclose(affine[:, :2] @ pixel + affine[:, 2], np.array(uv) * 256, atol=1e-3)


def test_the_shipped_bundle_says_so_too():
    manifest = json.loads((ROOT / "sspnet_sdk/default_bundle/manifest.json").read_text())
    check_manifest(upgraded(manifest))  # holds names, parents and flip pairs to those of this version
    assert manifest["schema"] == 2
    assert (manifest["preprocessing"]["box_scale"], manifest["preprocessing"]["border"]) == (1.25, 128)
    assert manifest["frame"]["depth_range_mm"] == 2000.0


def test_copies_of_the_geometry_in_training_are_the_same():
    pytest.importorskip("torch")
    from sspnet_train.data.crop import BORDER, BOX_SCALE
    from sspnet_train.finder import scenes
    from sspnet_train.labels import movenet_teacher

    assert (scenes.BORDER, movenet_teacher.BOX_SCALE) == (BORDER, BOX_SCALE)
