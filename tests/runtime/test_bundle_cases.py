"""The table of manifests that C++ and the browser replay too: what opens, and what is refused in which words."""

import copy
import json
from pathlib import Path

import pytest

from sspnet_sdk import BundleError
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.fields import FieldError
from sspnet_sdk.manifest import check_manifest, upgraded

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


@pytest.mark.parametrize("case", [case for case in TABLE["cases"] if "raw" not in case], ids=lambda case: json.dumps(case)[:100])
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
