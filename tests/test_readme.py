"""The README's commands do what it says."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_the_first_snippet_gives_a_pose(tmp_path):
    snippet = re.search(r"```python\n(.*?)```", README, re.S).group(1)
    checks = "\ncount = len(pose.names)\nassert pose.keypoints.shape == (count, 2) and pose.joints3d.shape == (count, 3)"
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", snippet + checks], cwd=ROOT, check=True, env=environment)


def test_the_first_command_draws_a_picture(tmp_path, tmp_path_factory):
    block = re.search(r"<!-- readme-commands -->\n```sh\n(.*?)```", README, re.S).group(1)
    install, predict = block.strip().splitlines()
    assert install == 'pip install ".[headless]"'
    words = shlex.split(predict)
    assert words[0] == "sspnet-sdk"
    source = str(ROOT / words[2])
    command = [str(Path(sys.executable).with_name("sspnet-sdk")), words[1], source, *words[3:]]
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}
    subprocess.run(command, cwd=tmp_path, check=True, env=environment)
    assert (tmp_path / words[-1]).read_bytes().startswith(b"\x89PNG")
