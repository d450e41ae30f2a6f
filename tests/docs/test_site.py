"""The site builds without a warning and holds every page."""

import inspect
import re
import runpy
import shutil
import subprocess
import sys

import pytest
from page_blocks import PAGES, ROOT

import sspnet_sdk

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


def test_the_api_page_has_every_public_name_and_method_under_its_short_name(site):
    text = (site / "api" / "index.html").read_text()
    contents = set(re.findall(r'href="#sspnet_sdk\.([\w.]+)" class="md-nav__link"', text))
    shown = {name.rpartition(".")[2] for name in contents}
    assert set(sspnet_sdk.__all__) - {"__version__"} <= shown
    for name in sspnet_sdk.__all__:
        public = getattr(sspnet_sdk, name)
        if inspect.isclass(public) and not issubclass(public, Exception):
            home = f"{public.__module__.removeprefix('sspnet_sdk.')}.{name}"
            methods = {
                f"{home}.{method}" for method, value in vars(public).items() if inspect.isfunction(value) and method[0] != "_"
            }
            assert methods <= contents, name
    assert "sspnet_sdk.estimator.Estimator</h2>" not in text


def test_the_site_says_its_version_and_what_comes_next(site):
    home = (site / "quickstart" / "index.html").read_text()
    assert f"sspnet-sdk {sspnet_sdk.__version__}" in home and "logo.svg" in home
    assert "md-footer__link--prev" in home and "md-footer__link--next" in home


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("git@code.example:pose/sspnet-sdk.git", "https://code.example/pose/sspnet-sdk"),
        ("https://me:secret@code.example/pose/sspnet-sdk.git", "https://code.example/pose/sspnet-sdk"),
        ("/home/me/sspnet-sdk", ""),
    ],
)
def test_the_site_and_the_package_link_to_the_repository_they_are_built_from(monkeypatch, remote, page):
    repository = runpy.run_path(str(ROOT / "repository.py"))
    done = subprocess.CompletedProcess([], 0, stdout=remote + "\n")
    monkeypatch.setattr(repository["subprocess"], "run", lambda *_, **__: done)
    assert repository["page_of_origin"]() == page


def test_nothing_is_fetched_from_elsewhere(site):
    for page in site.rglob("*.html"):
        for tag in ("<script src=", '<link rel="stylesheet" href='):
            assert f'{tag}"http' not in page.read_text() and f"{tag}http" not in page.read_text()


def test_no_link_leaves_the_site_for_a_file_that_it_does_not_hold(site):
    for page in site.rglob("*.html"):
        assert "sspnet.hpp</a>" not in page.read_text()


def test_a_folder_that_is_no_clone_links_to_no_repository(tmp_path):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", "https://code.example/somebody/else.git"], check=True)
    (tmp_path / "unpacked").mkdir()
    copied = shutil.copy(ROOT / "repository.py", tmp_path / "unpacked")
    assert runpy.run_path(copied)["page_of_origin"]() == ""
    assert runpy.run_path(shutil.copy(copied, tmp_path))["page_of_origin"]() == "https://code.example/somebody/else"
