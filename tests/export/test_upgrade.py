"""A bundle of schema 1 becomes one of today's schema, with the numbers that its runtimes had compiled in."""

import json
import shutil

import pytest
from sspnet_export.errors import ExportError
from sspnet_export.upgrade import upgrade

from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.bundles.thresholds import SCHEMA_1


def test_an_old_manifest_is_rewritten_and_means_the_same(guided, tmp_path):
    folder = shutil.copytree(guided.folder, tmp_path / "bundle")
    written = json.loads((folder / "manifest.json").read_text())
    old = {name: value for name, value in written.items() if name not in SCHEMA_1} | {"schema": 1}
    (folder / "manifest.json").write_text(json.dumps(old))
    before = open_bundle(folder)
    upgrade(folder)
    after = open_bundle(folder)
    assert (after.poses, after.finder) == (before.poses, before.finder)
    assert json.loads((folder / "manifest.json").read_text()) == old | SCHEMA_1 | {"schema": 2}
    assert {path.name for path in folder.iterdir()} == {path.name for path in guided.folder.iterdir()}


def test_what_is_no_bundle_is_not_touched(tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(ExportError, match="has schema"):
        upgrade(tmp_path)
    assert (tmp_path / "manifest.json").read_text() == "{}"
