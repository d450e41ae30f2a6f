import functools
import http.server
import json
import shutil
import subprocess
import sys
import threading

import pytest
from made_profile import PROFILE
from web_site import ROOT, QuietHandler

BROWSERS = ("chromium", "chromium-headless-shell", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of static files, as a user collects it."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: it fetches ONNX Runtime Web")
    folder = tmp_path_factory.mktemp("web") / "site"
    run = subprocess.run([sys.executable, ROOT / "examples/web/collect.py", folder], capture_output=True, text=True)
    if "npm could not fetch" in run.stderr:
        pytest.skip(run.stderr.strip())
    assert run.returncode == 0, run.stderr
    return folder


@pytest.fixture(scope="session")
def address(site):
    """Where the folder is served."""
    handler = functools.partial(QuietHandler, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium whose camera shows a test pattern."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium is installed: apt install chromium-headless-shell")
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", *camera])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, address):
    """A blank page of the site; without service workers, so that WebAssembly keeps to one thread."""
    context = chromium.new_context(service_workers="block", viewport={"width": 1280, "height": 760})
    page = context.new_page()
    page.set_default_timeout(240_000)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto(address + "photos/people.json")
    yield page
    context.close()


@pytest.fixture
def opened(page, address):
    """The page with its first photo estimated, in a browser that was measured before."""
    profile = page.evaluate(PROFILE)
    page.evaluate("profile => localStorage.setItem('sspnet-profile', JSON.stringify(profile))", profile)
    page.goto(address + "?provider=wasm")
    page.wait_for_selector("body[data-ready]")
    yield page
    assert page.errors == []


@pytest.fixture(scope="session")
def people():
    return json.loads((ROOT / "examples/photos/people.json").read_text())
