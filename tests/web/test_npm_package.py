"""The npm package: packed, unpacked into another project, imported in Node, typed, and run in a page."""

import re
import subprocess
import sys
import tarfile

import cv2
import numpy as np
import pytest
from web_site import ROOT

from sspnet_sdk import Estimator, __version__

pytestmark = pytest.mark.browser

PAGE = """<!doctype html>
<script type="importmap">{"imports": {"sspnet-sdk": "/project/node_modules/sspnet-sdk/index.js"}}</script>
<img src="/photos/000000234748.jpg">
<script type="module">
  import * as sspnet from "sspnet-sdk";
  window.sspnet = sspnet;
</script>"""

SOURCES = """async () => {
    const image = document.querySelector("img");
    await image.decode();
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const blob = await (await fetch(image.src)).blob();
    const sources = {
        image, canvas, blob, bitmap: await createImageBitmap(image), frame: new VideoFrame(image, {timestamp: 0}),
        pixels: canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height),
    };
    const estimator = await sspnet.Estimator.open();
    const poses = {};
    for (const [name, source] of Object.entries(sources)) poses[name] = await estimator.predict(source, {size: 128, cut: 2});
    return poses;
}"""

REFUSED = """async () => {
    const estimator = await sspnet.Estimator.open(undefined, "wasm");
    const said = [];
    for (const image of [undefined, {width: 4, height: 4, data: new Uint8ClampedArray(48)}, new Image()]) {
        await estimator.predict(image).catch((error) => said.push(error.message));
    }
    return said;
}"""

# What README's code leaves to the reader.
READERS_OWN = "declare const image: HTMLImageElement, video: HTMLVideoElement;\ndeclare function draw(pose: unknown): void;\n"


@pytest.fixture(scope="module")
def project(site):
    """Somebody's project, with the package in its node_modules as npm packs it."""
    project = site / "project"
    project.mkdir()
    subprocess.run([sys.executable, ROOT / "examples/web/npm_package.py", project / "made"], check=True, capture_output=True)
    packed = subprocess.run(["npm", "pack", "--silent", "./made"], cwd=project, check=True, capture_output=True, text=True)
    with tarfile.open(project / packed.stdout.split()[-1]) as archive:
        archive.extractall(project / "node_modules", filter="data")
    (project / "node_modules/package").rename(project / "node_modules/sspnet-sdk")
    return project


def test_node_imports_it_by_its_name(project):
    program = 'import { Estimator, JOINT_NAMES } from "sspnet-sdk"; console.log(typeof Estimator.open, JOINT_NAMES.length);'
    done = subprocess.run(["node", "--input-type=module", "-e", program], cwd=project, capture_output=True, text=True)
    assert done.stdout == "function 28\n", done.stderr


def test_its_version_is_the_sdks_and_its_licence_comes_along(project):
    package = project / "node_modules/sspnet-sdk"
    assert f'"version": "{__version__}"' in (package / "package.json").read_text()
    assert {"LICENSE", "NOTICE", "README.md", "index.d.ts"} <= {path.name for path in package.iterdir()}


def test_a_page_imports_it_by_its_name_and_any_image_gets_pythons_answer(page, address, project):
    (project / "index.html").write_text(PAGE)
    page.goto(address + "project/index.html")
    page.wait_for_function("window.sspnet")
    poses = page.evaluate(SOURCES)
    image = cv2.imread(str(ROOT / "examples/photos/000000234748.jpg"))
    expected = Estimator(backend="onnxruntime", threads=1, cut=2, input_size=128).predict(image)
    for source, pose in poses.items():
        np.testing.assert_allclose(pose["keypoints"], expected.keypoints, atol=1, err_msg=source)
    said = page.evaluate(REFUSED)
    assert ["no image" in said[0], "not 4 × 4 × 4" in said[1], "not loaded" in said[2]] == [True] * 3
    assert page.errors == []


def test_its_types_fit_the_readmes_code(project):
    fetched = subprocess.run(
        ["npm", "install", "--silent", "--no-save", "--no-package-lock", "--prefix", "tools", "typescript@5.9"], cwd=project
    )
    if fetched.returncode:
        pytest.skip("npm could not fetch TypeScript")
    (project / "package.json").write_text('{"type": "module"}')
    code = re.findall(r"```js\n(.*?)```", (ROOT / "examples/web/npm/README.md").read_text(), re.S)
    assert len(code) == 2
    (project / "reader.ts").write_text(READERS_OWN + "".join(code))
    command = ["tools/node_modules/.bin/tsc", "--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "reader.ts"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_exported_name_has_a_type(project):
    names = set(re.findall(r"\b([A-Z]\w+)\b(?=[ ,])", (project / "node_modules/sspnet-sdk/index.js").read_text()))
    types = (project / "node_modules/sspnet-sdk/index.d.ts").read_text()
    assert {"Estimator", "JOINT_NAMES"} <= names
    assert all(re.search(rf"export (class|const) {name}\b", types) for name in names)
