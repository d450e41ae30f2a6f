"""Frames that the tests of this room share."""

import pytest
from made_people import make_frame, make_pose

from sspnet_sdk import Estimator
from sspnet_sdk.frame import Frame, Person


@pytest.fixture
def walk() -> list[Frame]:
    """Two seconds of one person at 25 frames per second."""
    return [make_frame(index, Person(1, make_pose(index / 25))) for index in range(50)]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Measurements and compiled models go to a folder of this run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def estimator() -> Estimator:
    """The default bundle at a fast operating point."""
    return Estimator(backend="onnxruntime", cut=2, input_size=192, threads=1)
