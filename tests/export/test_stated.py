"""What `export --accuracy` takes: checked before the work, and no word of cuts and sizes that the bundle has not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sspnet_export import accuracy as scoring
from sspnet_export.errors import ExportOptionError
from sspnet_export.stated import of_bundle
from sspnet_export.write_bundle import export_bundle

SCORES = {"pck": 0.7, "pa_mpjpe_mm": 61.0}


def found(*cuts: int, sizes=("128",), scores=SCORES):
    return {cut: {"fp32": dict.fromkeys(sizes, scores)} for cut in cuts}


@pytest.mark.parametrize(
    ("accuracy", "line"),
    [
        ({1: [0.7]}, r"cut 1 is \[0.7\]"),
        ({1: {"fp32": 0.7}}, "cut 1, fp32 is 0.7"),
        ({1: {"fp32": {"128": 0.7}}}, "cut 1, fp32, 128 px is 0.7"),
        (found(1, sizes=("large",)), "cut 1, fp32, 'large' is no size"),
        (found(1, scores={"pck": 71.3}), "pck of cut 1, fp32, 128 px is 71.3, not a number from 0 to 1"),
        (found(1, scores={"pck": None}), "pck of cut 1, fp32, 128 px is None"),
        (found(1, scores={"pa_mpjpe_mm": True}), "pa_mpjpe_mm of cut 1, fp32, 128 px is True"),
        (found(2, 3), "the accuracy given is of cut 2 at 128 px; cut 3 at 128 px, of which the bundle has none"),
    ],
    ids=str,
)
def test_an_accuracy_that_no_bundle_can_state_is_refused_before_the_work(tiny, tmp_path, monkeypatch, accuracy, line):
    monkeypatch.setattr("sspnet_export.write_bundle.parts_of", lambda *_: pytest.fail("the work began"))
    with pytest.raises(ExportOptionError, match=line) as caught:
        export_bundle(tiny.checkpoint, out=tmp_path / "out", cuts=[1, 4], sizes=[128], accuracy=accuracy)
    assert "\n" not in str(caught.value) and not (tmp_path / "out").exists()


def test_what_the_bundle_has_not_is_left_out_and_said_and_so_is_what_nothing_is_known_of():
    kept, lines = of_bundle(found(1, 2, sizes=("128", "192")), (1, 4), (128, 256))
    assert kept == found(1)
    assert lines == [
        "accuracy left out, as the bundle has no cut 1 at 192 px; cut 2 at 128 px; cut 2 at 192 px",
        "no accuracy stated of cut 1 at 256 px; cut 4 at 128 px; cut 4 at 256 px",
    ]
    assert of_bundle(found(1, 4), (1, 4), (128,)) == (found(1, 4), []) and of_bundle({}, (1,), (128,)) == ({}, [])


def test_a_share_stays_one_where_a_precision_does_better_on_few_people(monkeypatch):
    monkeypatch.setattr(scoring, "scored", lambda bundle, engine, precision, *_: {"pck": 0.75 if precision == "fp16" else 0.5})
    document = {"cuts": [{"cut": 1, "accuracy": {"fp32": {"128": {"pck": 0.9}}}}]}
    scoring.add_accuracy(document, SimpleNamespace(sizes=(128,)), ["fp16"], {}, None, lambda line: None)
    assert document["cuts"][0]["accuracy"]["fp16"] == {"128": {"pck": 1.0}}
