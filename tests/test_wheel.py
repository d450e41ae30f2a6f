"""What the wheel holds beside the code, as pyproject.toml says; `.ci/wheels` installs it in fresh environments."""

import re
from importlib import import_module
from pathlib import Path

from sspnet_train.network.shipped import shipped

ROOT = Path(__file__).parents[1]
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_checkpoints_that_export_and_training_look_for_come_along():
    included = dict(re.findall(r'^"(train/checkpoints/.+)" = "(sspnet_train/checkpoints/.+)"$', PROJECT, re.M))
    for name in ("edge", "finder"):
        found = shipped(name)
        assert found is not None and included[found.relative_to(ROOT).as_posix()] == f"sspnet_train/checkpoints/{found.name}"


def test_a_checkpoint_is_found_in_an_installed_package(tmp_path, monkeypatch):
    (tmp_path / "sspnet_train/checkpoints").mkdir(parents=True)
    (tmp_path / "sspnet_train/checkpoints/edge.safetensors").write_bytes(b"")
    monkeypatch.setattr("sspnet_train.network.shipped._PACKAGE", tmp_path / "sspnet_train")
    assert shipped("edge") == tmp_path / "sspnet_train/checkpoints/edge.safetensors"
    assert shipped("finder") is None


def test_pyinstaller_finds_the_hook():
    entry = re.search(r'^\[project\.entry-points\.pyinstaller40\]\nhook-dirs = "(.+):(.+)"$', PROJECT, re.M)
    assert entry is not None
    (folder,) = getattr(import_module(entry[1]), entry[2])()
    assert (Path(folder) / "hook-sspnet_sdk.py").is_file()


def test_python_versions_of_the_classifiers_begin_with_the_lowest_that_is_allowed():
    classifiers = re.findall(r"Python :: (3\.\d+)", PROJECT)
    assert f'requires-python = ">={classifiers[0]}"' in PROJECT and classifiers[-1] == "3.14"
