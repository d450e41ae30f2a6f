"""The table of manifests that C++ and the browser replay too: what opens, and what is refused in which words."""

import copy
import json
from pathlib import Path

import pytest

from sspnet_sdk import BundleError
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.bundles.fields import FieldError
from sspnet_sdk.bundles.manifest import check_manifest, upgraded

TABLE = json.loads((Path(__file__).parents[1] / "bundle_cases.json").read_text())


def changed(case):
    """The table's manifest with a case's change."""
    manifest = copy.deepcopy(TABLE["manifest"])
    *way, last = case.get("put") or case["delete"]
    at = manifest
    for key in way:
        at = at[key]
    if "put" in case:
        at[last] = case["value"]
    else:
        del at[last]
    return manifest


@pytest.mark.parametrize(
    "case", [case for case in TABLE["cases"] if not {"raw", "text"} & set(case)], ids=lambda case: json.dumps(case)[:100]
)
def test_a_manifest_opens_or_is_refused_in_the_tables_words(case):
    if not case["says"]:
        check_manifest(upgraded(changed(case)))
        return
    with pytest.raises(FieldError) as caught:
        check_manifest(upgraded(changed(case)))
    assert case["says"] in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("case", [case for case in TABLE["cases"] if "raw" in case], ids=lambda case: case["raw"][:20])
def test_what_is_no_manifest_is_refused_in_one_line(case, tmp_path):
    (tmp_path / "manifest.json").write_text(case["raw"])
    with pytest.raises(BundleError, match=r"manifest\.json") as caught:
        open_bundle(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", [case for case in TABLE["cases"] if "text" in case], ids=lambda case: case["text"][1])
def test_a_manifest_is_json_by_the_standard(case, tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps(TABLE["manifest"]).replace(*case["text"]))
    with pytest.raises(BundleError) as caught:
        open_bundle(tmp_path)
    assert case["says"] in str(caught.value) and "\n" not in str(caught.value)
    assert case["says"] or "cannot be read" in str(caught.value)  # its graphs are not here


def test_a_manifest_is_utf_8(tmp_path):
    for encoding in ("utf-16", "latin-1"):
        (tmp_path / "manifest.json").write_bytes(
            json.dumps(TABLE["manifest"] | {"name": "é"}, ensure_ascii=False).encode(encoding)
        )
        with pytest.raises(BundleError, match="is not valid JSON"):
            open_bundle(tmp_path)
