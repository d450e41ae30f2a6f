"""The precision that "auto" comes to."""

import json
import shutil

import pytest

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.frame_rate.plan import Plan
from sspnet_sdk.options import Options


@pytest.fixture
def two_precisions(dot_bundle, tmp_path):
    """The dot bundle with its graphs as int8 too, of which it states that they are more accurate at every cut and size."""
    folder = tmp_path / "two"
    shutil.copytree(dot_bundle, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["precisions"] = ["int8", "fp32"]
    manifest["graphs"]["int8"] = manifest["graphs"]["fp32"]
    for entry in manifest["cuts"]:
        worse = {str(size): {"pa_mpjpe_mm": 90 - entry["cut"] - size / 64} for size in manifest["sizes"]}
        better = {size: {"pa_mpjpe_mm": stated["pa_mpjpe_mm"] - 30} for size, stated in worse.items()}
        entry["accuracy"] = {"fp32": worse, "int8": better}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize("target_fps, precision, chosen", [(1, "auto", "int8"), (1, "fp32", "fp32"), (None, "auto", "fp32")])
def test_a_rate_chooses_among_all_precisions_that_are_allowed(two_precisions, target_fps, precision, chosen, measured):
    options = Options(target_fps=target_fps, precision=precision, backend="onnxruntime", device="cpu", threads=1)
    plan = measured(Plan(open_bundle(two_precisions), options))
    point = plan.choose(plan.goal())
    assert (point.precision, point.cut, point.input_size) == (chosen, 8, 128)


def test_the_chosen_precision_is_what_runs(two_precisions, dot_image):
    fast = Estimator(two_precisions, target_fps=1, backend="onnxruntime", threads=1)
    assert fast.predict(dot_image(150, 100), (60, 40, 200, 160)).keypoints[0] == pytest.approx((150, 100), abs=0.2)


def test_a_finder_of_one_size_only_serves_them_all(dot_bundle, tmp_path, dot_image):
    folder = tmp_path / "one finder"
    shutil.copytree(dot_bundle, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["graphs"]["fp32"]["64"]["finder"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for size in (64, None):
        estimator = Estimator(folder, target_fps=5, backend="onnxruntime", threads=1, input_size=size)
        assert estimator.predict(dot_image(150, 100)).keypoints[0] == pytest.approx((150, 100), abs=3)
