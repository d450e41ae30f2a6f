"""The site builds without a warning and holds every page."""

import subprocess
import sys

import pytest
from page_blocks import PAGES, ROOT

pytest.importorskip("mkdocs")
pytest.importorskip("mkdocstrings")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_in_the_site_and_in_its_menu(site):
    home = (site / "index.html").read_text()
    for page in PAGES:
        if page.stem != "index":
            assert (site / page.stem / "index.html").exists() and f'href="{page.stem}/"' in home
    assert "Accuracy" in (site / "model-card" / "index.html").read_text()


def test_the_api_page_says_what_the_docstrings_say(site):
    text = (site / "api" / "index.html").read_text()
    for words in ("predict_many", "millimetres relative to the pelvis", "OptionError", "target_fps", "CUDA"):
        assert words in text


def test_nothing_is_fetched_from_elsewhere(site):
    for page in site.rglob("*.html"):
        for tag in ("<script src=", '<link rel="stylesheet" href='):
            assert f'{tag}"http' not in page.read_text() and f"{tag}http" not in page.read_text()


def test_no_link_leaves_the_site_for_a_file_that_it_does_not_hold(site):
    for page in site.rglob("*.html"):
        assert "sspnet.hpp</a>" not in page.read_text()
