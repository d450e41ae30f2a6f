from __future__ import annotations

import pytest
from small_networks import GUIDED, Exported, exported
from sspnet_train.model import CONFIGS


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Exported:
    notes = {"license": "MIT", "training_data": '["my own photographs"]'}
    return exported(CONFIGS["tiny"], tmp_path_factory.mktemp("tiny"), (1, 4), 128, notes)


@pytest.fixture(scope="session")
def guided(tmp_path_factory) -> Exported:
    return exported(GUIDED, tmp_path_factory.mktemp("guided"), (1, 2), 128, {})
