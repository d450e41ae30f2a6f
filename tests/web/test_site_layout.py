"""The documents' site in a browser: nothing is cut off, on a laptop and on a phone; its video plays."""

import functools
import http.server
import subprocess
import sys
import threading

import pytest
from web_site import ROOT, QuietHandler

pytestmark = pytest.mark.browser
pytest.importorskip("mkdocs")
pytest.importorskip("mkdocstrings")

CUT_OFF = """() => [
    document.documentElement.scrollWidth > innerWidth,
    [...document.querySelectorAll("pre > code")].filter((code) => code.scrollWidth > code.clientWidth + 1).length,
]"""


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """Where the site is served, and its pages."""
    folder = tmp_path_factory.mktemp("documents")
    subprocess.run([sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", folder], cwd=ROOT, check=True)
    pages = sorted(page.parent.relative_to(folder).as_posix() + "/" for page in folder.rglob("index.html"))
    handler = functools.partial(QuietHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", pages
        server.shutdown()


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 780)])
def test_no_page_and_no_code_is_wider_than_the_window(chromium, documents, width, height):
    address, pages = documents
    page = chromium.new_page(viewport={"width": width, "height": height})
    assert len(pages) > 20
    for name in pages:
        page.goto(address + name)
        assert page.evaluate(CUT_OFF) == [False, 0], name
    page.close()


def test_the_gallerys_video_plays(chromium, documents):
    page = chromium.new_page()
    page.goto(documents[0] + "gallery/")
    page.evaluate("document.querySelector('video').play()")
    page.wait_for_function("document.querySelector('video').currentTime > 0.2", timeout=60_000)
    assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    page.close()
