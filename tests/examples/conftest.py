import os
import subprocess
import sys

import pytest
from example_files import ROOT


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """What an example sees: measurements go to a folder of this run."""
    return {
        **os.environ,
        "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def run(environment, tmp_path):
    """Run an example as a user does, in an empty folder."""

    def call(name, *arguments):
        command = [sys.executable, str(ROOT / "examples" / name), *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)

    return call


@pytest.fixture(scope="session")
def clip(tmp_path_factory, write_clip):
    """A file in a camera's place: half a second of a photograph that moves sideways."""
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 10)
