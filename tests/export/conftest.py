from __future__ import annotations

from dataclasses import replace

import pytest
from small_networks import FACE_AND_FEET, GUIDED, Exported, exported, own_bodies
from sspnet_train.network.model import CONFIGS


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Measurements and compiled models go to a folder of this run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Exported:
    notes = {"license": "MIT", "training_data": '["my own photographs"]'}
    return exported(CONFIGS["tiny"], tmp_path_factory.mktemp("tiny"), (1, 4), 128, notes)


@pytest.fixture(scope="session")
def guided(tmp_path_factory) -> Exported:
    """A finder, and its own way to millimetres."""
    return exported(replace(GUIDED, lift=0.7), tmp_path_factory.mktemp("guided"), (1, 2), 128, {}, own_bodies(32, 1))


@pytest.fixture(scope="session")
def face_and_feet(tmp_path_factory) -> Exported:
    return exported(FACE_AND_FEET, tmp_path_factory.mktemp("28"), (1, 2), 128, {})
