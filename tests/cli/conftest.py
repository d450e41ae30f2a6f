import os
import subprocess
import sys

import pytest
from command_line import ROOT


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """What a command sees: measurements go to a folder of this run."""
    paths = os.pathsep.join(str(ROOT / part) for part in ("", "train", "export"))
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")), "PYTHONPATH": paths, "NO_COLOR": "1"}


@pytest.fixture
def command_line():
    """The command as a list, for tests that start it themselves."""
    return [sys.executable, "-c", "from sspnet_sdk.cli.main import main; main(prog_name='sspnet-sdk')"]


@pytest.fixture
def run(command_line, environment, tmp_path):
    """Run `sspnet-sdk` as a user does, in an empty folder."""

    def call(*arguments, **options):
        options = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True, "timeout": 300, **options}
        return subprocess.run([*command_line, *map(str, arguments)], **options)

    return call


@pytest.fixture(scope="session")
def video(tmp_path_factory, write_clip):
    """Two seconds of a photograph that moves sideways."""
    return write_clip(tmp_path_factory.mktemp("video") / "a walk ü.mp4", 40)
