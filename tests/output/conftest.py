"""Frames that the tests of this room share."""

import pytest
from made_people import make_frame, make_pose

from sspnet_sdk.frame import Frame, Person


@pytest.fixture
def walk() -> list[Frame]:
    """Two seconds of one person at 25 frames per second."""
    return [make_frame(index, Person(1, make_pose(index / 25))) for index in range(50)]
