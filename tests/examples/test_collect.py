"""The browser page's collection takes a bundle's files and no others, wherever its manifest points."""

import hashlib
import json
import runpy
import shutil

import pytest
from example_files import ROOT

from sspnet_sdk.bundle import DEFAULT_BUNDLE, open_bundle


@pytest.fixture(scope="module")
def copy_bundle():
    return runpy.run_path(str(ROOT / "examples/web/collect.py"))["copy_bundle"]


def test_what_was_collected_opens_except_for_what_the_page_does_not_run(copy_bundle, tmp_path):
    copy_bundle(DEFAULT_BUNDLE, tmp_path / "bundle")
    copied = {path.relative_to(tmp_path / "bundle").as_posix() for path in (tmp_path / "bundle").rglob("*") if path.is_file()}
    manifest = json.loads((tmp_path / "bundle/manifest.json").read_text())
    left = set(manifest["files"]) - copied
    assert {"manifest.json", "weights.bin"} <= copied
    assert left == {name for name in manifest["files"] if name.startswith(("full_", "root_depth"))}


@pytest.mark.parametrize("name", ["../../../.bashrc", "/etc/passwd", "a/../../x"])
@pytest.mark.parametrize("listed", [False, True])
def test_a_manifest_that_points_elsewhere_writes_nothing(copy_bundle, tmp_path, name, listed):
    bundle = tmp_path / "deep/er/bundle"
    shutil.copytree(open_bundle().folder, bundle)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["graphs"]["fp32"]["128"]["finder"] = name
    if listed:
        manifest["files"][name] = {"sha256": hashlib.sha256(b"").hexdigest(), "bytes": 0}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SystemExit, match="not a path inside the bundle"):
        copy_bundle(bundle, tmp_path / "site/bundle")
    assert {path.name for path in tmp_path.iterdir()} == {"deep"}
