"""bf16 and fp16 as an engine computes them from fp32 graphs: an operating point where the bundle states its accuracy."""

import json
import shutil

import pytest

from sspnet_sdk import BackendError, Estimator, OptionError
from sspnet_sdk.backends import load, module
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.frame_rate.plan import Plan
from sspnet_sdk.frame_rate.profile import settings_of
from sspnet_sdk.options import Options

pytest.importorskip("openvino")
BOX = (60, 40, 200, 160)


@pytest.fixture
def evaluated(dot_bundle, tmp_path):
    """Writes the dot bundle with an accuracy of fp32 and of others, some mm worse at every cut and size."""

    def write(**worse_mm):
        folder = tmp_path / "evaluated"
        shutil.copytree(dot_bundle, folder)
        manifest = json.loads((folder / "manifest.json").read_text())
        for entry in manifest["cuts"]:
            at = {str(size): 90 - entry["cut"] - size / 64 for size in manifest["sizes"]}
            entry["accuracy"] = {
                name: {size: {"pa_mpjpe_mm": best + mm} for size, best in at.items()}
                for name, mm in {"fp32": 0.0, **worse_mm}.items()
            }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return open_bundle(folder)

    return write


def made_timings(chain, *_):
    """bf16 takes 0.7 of the time."""
    times = [(0.7 if chain.precision == "bf16" else 1.0) * chain.size * cut for cut in (2, 4, 8)]
    return {"p50_ms": times, "p95_ms": times}


@pytest.fixture
def bf16_here(monkeypatch):
    """OpenVINO's CPU computes bf16, whatever this CPU is made for."""
    monkeypatch.setattr(load("openvino"), "precisions", ("bf16",))


def test_only_what_was_evaluated_everywhere_is_offered(evaluated):
    bundle = evaluated(bf16=0.5)
    assert bundle.precisions == ("fp32",) and bundle.engine_precisions == ("bf16",)
    assert bundle.stages["bf16", 64] == bundle.stages["fp32", 64]
    del bundle.manifest["cuts"][1]["accuracy"]["bf16"]["64"]
    assert bundle.engine_precisions == ()


def test_a_rate_chooses_among_what_the_engine_computes(evaluated, bf16_here, measured, tmp_path, monkeypatch):
    bundle = evaluated(bf16=0.5)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sspnet_sdk.frame_rate.profile._measure", made_timings)
    options = {"device": "cpu", "threads": 1, "target_fps": 1}
    with_bf16 = measured(Plan(bundle, Options(backend="openvino", **options)))
    assert {precision for precision, _ in with_bf16.networks} == {"fp32", "bf16"}
    assert with_bf16.precision == "fp32"  # people are found in it
    without = measured(Plan(bundle, Options(backend="onnxruntime", **options)))
    assert {precision for precision, _ in without.networks} == {"fp32"}
    chosen = Plan(bundle, Options(backend="openvino", device="cpu", threads=1))
    assert chosen.choose(chosen.goal()).precision == "fp32"  # nothing asks for speed


def test_without_an_accuracy_it_is_taken_only_by_name(dot_bundle, dot_image, bf16_here, measured):
    plan = measured(Plan(open_bundle(dot_bundle), Options(backend="openvino", device="cpu", threads=1, target_fps=1)))
    assert {precision for precision, _ in plan.networks} == {"fp32"}
    named = Estimator(dot_bundle, precision="bf16", threads=1)
    assert named.backend == "openvino"  # the only one of "auto" that can
    assert named.predict(dot_image(150, 110), BOX).keypoints[0] == pytest.approx((150, 110), abs=3)


def test_what_no_engine_here_computes_is_said_in_a_line(dot_bundle):
    with pytest.raises(BackendError, match=r"^precision 'bf16' cannot be computed by onnxruntime here: .* AVX-512") as caught:
        Estimator(dot_bundle, precision="bf16", backend="onnxruntime")
    assert "\n" not in str(caught.value)
    with pytest.raises(OptionError, match="precision must be one of 'auto', 'fp32', 'bf16', 'fp16' with"):
        Estimator(dot_bundle, precision="int8")


def test_a_bundles_own_fp16_graphs_stay_its_own(dot_bundle, tmp_path):
    folder = tmp_path / "own"
    shutil.copytree(dot_bundle, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["precisions"].append("fp16")
    manifest["graphs"]["fp16"] = {**manifest["graphs"]["fp32"], "64": manifest["graphs"]["fp32"]["128"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    bundle = open_bundle(folder)
    assert bundle.stages["fp16", 64] == bundle.stages["fp32", 128] and bundle.engine_precisions == ()
    assert [setting.precision for setting in settings_of(bundle, ["onnxruntime"], ["fp32", "fp16"], [64])] == ["fp32", "fp16"]


def test_openvino_is_told_to_compute_in_it():
    settings = module("openvino").settings
    assert settings("cpu", 2, "bf16")["INFERENCE_PRECISION_HINT"] == "bf16"
    assert settings("gpu", 2, "fp16") == {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f16"}
    assert "INFERENCE_PRECISION_HINT" not in settings("gpu", 2, "int8")
    assert "INFERENCE_PRECISION_HINT" not in settings("npu", 2, "fp16")
