"""What the pages say can be typed: blocks run as they stand, and options exist where a block needs what is not here."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from page_blocks import MEASURED, PAGES, ROOT, blocks

from sspnet_sdk.cli.main import main

RUNNABLE = [page for page in PAGES if page.name not in MEASURED and any(block.runs_here for block in blocks(page))]


@pytest.fixture
def folder(tmp_path, tmp_path_factory):
    """A user's folder: the examples, and a short video."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    photo = cv2.imread(str(ROOT / "examples/photos/000000234748.jpg"))
    writer = cv2.VideoWriter(str(tmp_path / "walk.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 20, (400, 424))
    for index in range(8):
        writer.write(photo[:424, 100 + 3 * index : 500 + 3 * index])
    writer.release()
    return tmp_path


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """`sspnet-sdk` on the path, measurements in a folder of this run."""
    tools = tmp_path_factory.mktemp("bin")
    script = tools / "sspnet-sdk"
    script.write_text(f"#!{sys.executable}\nfrom sspnet_sdk.cli.main import main\nmain(prog_name='sspnet-sdk')\n")
    script.chmod(0o755)
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])
    python_path = os.pathsep.join(str(ROOT / part) for part in ("", "train", "export"))
    return {**os.environ, "PATH": path, "PYTHONPATH": python_path, "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}


@pytest.mark.skipif(sys.platform == "win32", reason="the blocks are for a POSIX shell")
@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.stem)
def test_blocks_of_a_page_run_in_order(page, folder, environment):
    for block in blocks(page):
        if block.runs_here:
            program = ["bash", "-euo", "pipefail", "-c"] if block.language == "sh" else [sys.executable, "-c"]
            done = subprocess.run(
                [*program, block.text], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
            )
            assert done.returncode == 0, f"{block.text}\n{done.stderr}"


def test_the_pages_that_matter_have_blocks_that_run():
    assert {"index", "install", "quickstart", "frame-rate", "devices", "formats"} <= {page.stem for page in RUNNABLE}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_says_its_language_so_that_none_escapes(page):
    if page.name not in MEASURED:
        assert {block.language for block in blocks(page)} <= {"sh", "python", "text", "json", "c", "cpp", "cmake"}


def _commands(program):
    return [(page.name, line) for page in PAGES for block in blocks(page) for line in block.commands() if program in line]


def _words(line, program):
    """The arguments of `program` in a line, up to a pipe or the next command."""
    words = shlex.split(line.split(program, 1)[1])
    ends = [index for index, word in enumerate(words) if word in ("|", "&&", ";")]
    return words[: ends[0]] if ends else words


@pytest.mark.parametrize(("page", "line"), _commands("sspnet-sdk "))
def test_every_option_of_a_command_on_a_page_exists(page, line):
    if re.search(r"pip |pipx |uvx |docker |cmake ", line):
        return
    words = [word for word in _words(line, "sspnet-sdk ") if word != "-v"]
    command = main.get_command(main.make_context("sspnet-sdk", ["--help"], resilient_parsing=True), words[0])
    assert command is not None, f"{page}: there is no command {words[0]}"
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert {word.split("=")[0] for word in words[1:] if word.startswith("--")} <= known, f"{page}: {line}"


def test_every_option_of_predict_is_explained():
    command = main.get_command(main.make_context("sspnet-sdk", ["--help"], resilient_parsing=True), "predict")
    text = "".join((ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8") for page in ("quickstart", "formats"))
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts) if name[:2] == "--"}
    assert {name for name in options if f"{name}`" not in text and f"{name} " not in text} <= {"--help", "--smooth"}


@pytest.mark.parametrize(("page", "line"), _commands("examples/"))
def test_every_example_on_a_page_exists_with_its_options(page, line):
    found = re.search(r"python3? (examples/\w+\.py)", line)
    if found:
        text = (ROOT / found[1]).read_text()
        for word in _words(line, found[1]):
            assert not word.startswith("--") or f'"{word}"' in text, f"{page}: {found[1]} has no {word}"


@pytest.mark.parametrize(("page", "line"), _commands("python -m "))
def test_every_module_on_a_page_exists(page, line, monkeypatch):
    for part in ("train", "export"):
        monkeypatch.syspath_prepend(str(ROOT / part))
    name = _words(line, "python -m ")[0]
    parent = name.rpartition(".")[0].replace(".", "/")
    assert (ROOT / "train" / parent / f"{name.rpartition('.')[2]}.py").exists() or importlib.util.find_spec(name), (
        f"{page}: {line}"
    )
