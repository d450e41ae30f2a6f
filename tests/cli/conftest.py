import os
import signal
import subprocess
import sys

import pytest
from command_line import ROOT

_LONGEST_S = 300


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
    """Run `sspnet-sdk` as a user does, in an empty folder. One that does not end shows where its threads are."""

    def call(*arguments, input=None, env=environment, **options):
        command = [*command_line, *map(str, arguments)]
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        options = {**streams, "cwd": tmp_path, "text": True, **options, "env": {**env, "PYTHONFAULTHANDLER": "1"}}
        with subprocess.Popen(command, **options) as process:
            try:
                stdout, stderr = process.communicate(input, timeout=_LONGEST_S)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGABRT)
                pytest.fail(f"{arguments} goes on after {_LONGEST_S} s:\n{process.communicate()[1]}")
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    return call


@pytest.fixture(scope="session")
def video(tmp_path_factory, write_clip):
    """Two seconds of a photograph that moves sideways."""
    return write_clip(tmp_path_factory.mktemp("video") / "a walk ü.mp4", 40)
