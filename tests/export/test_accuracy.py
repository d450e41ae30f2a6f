"""What a precision costs is scored on people with labels, through the engine that ships."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from small_networks import SMALL, lived_in
from sspnet_export.accuracy import scored
from sspnet_export.errors import ExportError
from sspnet_export.verify import noise_and_figure
from sspnet_export.write_bundle import export_bundle
from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.evaluation.accuracy import accuracy_of, score_sets
from sspnet_train.network.checkpoint import load_network, save_checkpoint

from sspnet_sdk import Estimator
from sspnet_sdk.backends import load
from sspnet_sdk.bundle import open_bundle

CUTS, SIZE = (1, 2), 128


def people_of(network_answer: Estimator | None, count: int = 4) -> SampleSource:
    """Figures whose labels are what an estimator says of them, so that its score is known; else some numbers."""
    rng, samples = np.random.default_rng(0), []
    for index in range(count):
        image, box = noise_and_figure(96 + 32 * index)[1], np.array([10, 10, 70, 80], np.float32)
        keypoints, joints3d = rng.uniform(0, 90, (17, 2)), rng.normal(0, 300, (17, 3))
        if network_answer is not None:
            pose = network_answer.predict(image, box)
            keypoints, joints3d = pose.keypoints, pose.joints3d
        ones, seen = np.ones(17, np.float32), np.ones(17, bool)
        samples.append(Sample(image, box, keypoints.astype(np.float32), ones, joints3d=joints3d.astype(np.float32), visible=seen))
    return SampleSource("figures", count, samples.__getitem__)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("accuracy") / "c.safetensors"
    save_checkpoint(path, SMALL, lived_in(SMALL).state_dict())
    return path


@pytest.fixture(scope="module")
def halved(checkpoint):
    """fp16 scored on figures, beside an accuracy of fp32 that an evaluation is said to have found."""
    found = {cut: {"fp32": {str(SIZE): {"pck": 0.5, "pa_mpjpe_mm": 80.0}}} for cut in CUTS}
    out, lines = checkpoint.with_name("bundle"), []
    export_bundle(
        checkpoint, out=out, cuts=CUTS, sizes=[SIZE], precisions=["fp16"], accuracy=found,
        people={"figures": people_of(None)}, limit=3, finder=None, on_progress=lines.append,
    )  # fmt: skip
    return open_bundle(out), lines


def test_a_precision_has_what_fp32_has_and_the_difference_it_makes(halved):
    bundle, lines = halved
    people = {"figures": people_of(None)}
    for cut in CUTS:
        exact, rough = (scored(bundle, "onnxruntime", name, SIZE, cut, people, 3) for name in ("fp32", "fp16"))
        assert bundle.accuracy("fp32", SIZE, cut) == {"pck": 0.5, "pa_mpjpe_mm": 80.0}
        stated = bundle.accuracy("fp16", SIZE, cut)
        assert stated["pa_mpjpe_mm"] == pytest.approx(80 + rough["pa_mpjpe_mm"] - exact["pa_mpjpe_mm"], abs=1e-3)
        assert stated["pck"] == pytest.approx(0.5 + rough["pck"] - exact["pck"], abs=1e-3)
        assert any(line.startswith(f"fp16 {SIZE} px cut {cut} beside fp32: pck ") for line in lines)


def test_people_are_scored_as_the_runtime_and_the_evaluation_see_them(halved, checkpoint):
    bundle, _ = halved
    with Estimator(bundle, cut=2, input_size=SIZE, backend="onnxruntime", color="rgb") as estimator:
        people = {"figures": people_of(estimator)}
    assert scored(bundle, "onnxruntime", "fp32", SIZE, 2, people, None) == {"pck": 1.0, "pa_mpjpe_mm": pytest.approx(0, abs=0.1)}
    assert scored(bundle, "onnxruntime", "fp32", SIZE, 1, people, None)["pa_mpjpe_mm"] > 1
    assert accuracy_of(score_sets(load_network(checkpoint), people, [2], [SIZE]))[2]["fp32"][str(SIZE)]["pck"] == 1.0


def hidden_people() -> SampleSource:
    """Figures none of whom has 11 or 12 limb joints in sight."""
    shown, unseen = people_of(None), np.zeros(17, bool)
    unseen[:9] = True
    return SampleSource("hidden", len(shown), lambda index: replace(shown[index], visible=unseen))


def test_where_nobody_is_in_full_sight_the_millimetres_are_left_out_and_the_bundle_opens(checkpoint, tmp_path):
    people, options = {"figures": hidden_people()}, {"cuts": [1], "sizes": [SIZE], "precisions": ["fp16"], "finder": None}
    bundle = open_bundle(export_bundle(checkpoint, out=tmp_path / "out", people=people, **options))
    assert bundle.accuracy("fp16", SIZE, 1).keys() == bundle.accuracy("fp32", SIZE, 1).keys() == {"pck"}
    Estimator(bundle, cut=1, input_size=SIZE, backend="onnxruntime").close()
    known = {1: {"fp32": {str(SIZE): {"pck": 0.5}}}}
    whole = {"figures": people_of(None)}
    bundle = open_bundle(export_bundle(checkpoint, out=tmp_path / "out", people=whole, accuracy=known, **options))
    assert bundle.accuracy("fp16", SIZE, 1).keys() == {"pck"}


def test_photographs_stay_what_pck_is_of_beside_rendered_people_of_whom_nobody_is_in_full_sight(halved, checkpoint):
    network, unseen = load_network(checkpoint), hidden_people()
    with Estimator(halved[0], cut=2, input_size=SIZE, backend="onnxruntime", color="rgb") as estimator:
        shown = people_of(estimator)
    photographs = SampleSource("photographs", 4, lambda index: replace(shown[index], visible=None, joints3d=None))
    alone, beside, rendered = (
        accuracy_of(score_sets(network, sets, [2], [SIZE]))[2]["fp32"][str(SIZE)]
        for sets in ({"p": photographs}, {"r": unseen, "p": photographs}, {"r": unseen})
    )
    assert beside == alone == {"pck": 1.0} and rendered["pck"] < 1


def test_a_score_of_photographs_without_labels_is_left_out(checkpoint):
    blank = replace(people_of(None)[0], weight=np.zeros(17, np.float32), visible=None, joints3d=None)
    scores = score_sets(load_network(checkpoint), {"blank": SampleSource("blank", 1, lambda index: blank)}, [2], [SIZE])
    assert accuracy_of(scores) == {2: {"fp32": {str(SIZE): {}}}}


@pytest.mark.parametrize(("score", "message"), [(float("nan"), "not a finite number"), (1e12, "the runtime refuses what")])
def test_scores_that_nothing_can_read_leave_the_bundle_that_was_there(halved, checkpoint, tmp_path, monkeypatch, score, message):
    out = shutil.copytree(halved[0].folder, tmp_path / "out")
    before = (out / "manifest.json").read_text()

    def add(document, *_):
        document["cuts"][0]["accuracy"] = {"fp32": {str(SIZE): {"pck": score}}}

    monkeypatch.setattr("sspnet_export.write_bundle.add_accuracy", add)
    with pytest.raises(ExportError, match=message):
        export_bundle(checkpoint, out=out, people={"figures": people_of(None)}, cuts=[1], sizes=[SIZE], finder=None)
    assert (out / "manifest.json").read_text() == before and open_bundle(out)


def test_bf16_is_stated_where_the_engine_computes_it(checkpoint, tmp_path):
    pytest.importorskip("openvino")
    if "bf16" not in load("openvino").precisions:
        pytest.skip("this CPU has no bf16")
    people = {"figures": people_of(None)}
    out = export_bundle(checkpoint, out=tmp_path / "out", cuts=[1], sizes=[SIZE], precisions=["bf16"], people=people, finder=None)
    bundle = open_bundle(out)
    assert bundle.precisions == ("fp32",) and bundle.engine_precisions == ("bf16",)
    assert bundle.accuracy("bf16", SIZE, 2).keys() == bundle.accuracy("fp32", SIZE, 1).keys() == {"pck", "pa_mpjpe_mm"}
    assert "bf16" not in json.loads((out / "manifest.json").read_text())["graphs"]


def test_bf16_without_people_or_engine_is_refused_before_the_work(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr("sspnet_export.write_bundle.parts_of", lambda *_: pytest.fail("the work began"))
    with pytest.raises(ExportError, match="bf16 needs people with labels"):
        export_bundle(checkpoint, out=tmp_path / "out", cuts=[1], sizes=[SIZE], precisions=["bf16"])
    monkeypatch.setattr("sspnet_export.accuracy.installed", lambda: {"onnxruntime": "1"})
    with pytest.raises(ExportError, match="only where an engine computes it"):
        export_bundle(
            checkpoint, out=tmp_path / "out", cuts=[1], sizes=[SIZE], precisions=["bf16"], people={"figures": people_of(None)}
        )
    assert not (tmp_path / "out").exists()
