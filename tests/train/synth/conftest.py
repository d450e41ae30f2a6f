"""Bodies, painted assets and a renderer, loaded once for all tests here; on a new machine Anny is read first, a minute or two."""

from __future__ import annotations

import pytest

pytest.importorskip("moderngl", reason="needs the extra `synth`")
pytest.importorskip("anny", reason="needs the extra `synth`")

from sspnet_train.synth import RenderError, Studio
from sspnet_train.synth.body_data import BodyData, load_bodies
from sspnet_train.synth.write_parts import Materials


@pytest.fixture(scope="session")
def bodies() -> BodyData:
    return load_bodies()


@pytest.fixture(scope="session")
def studio() -> Studio:
    try:
        return Studio(Materials(None, (), 0))
    except RenderError as error:
        pytest.skip(str(error))
