"""What several rooms' tests use."""

import gc
import hashlib
import json
import os
import shutil
from pathlib import Path

import cv2
import pytest
from dot_bundle import write_dot_bundle

from sspnet_sdk.bundle import DEFAULT_BUNDLE

PHOTO = Path(__file__).parents[1] / "examples" / "photos" / "000000234748.jpg"
LIFT = """
<ir_version: 8, opset_import: ["": 17]>
own_lift (float[batch, joints, 4] pose) => (float[batch, joints, 3] joints3d)
<int64[1] zero = {0}, int64[1] one = {1}, int64[1] two = {2}, int64[1] three = {3}, float[3] mm = {1500, 1700, 1900}> {
    uvz = Slice(pose, zero, three, two)
    pelvis = Slice(uvz, zero, one, one)
    offset = Sub(uvz, pelvis)
    joints3d = Mul(offset, mm)
}
"""


WORKERS = 2
"""Processes, of which each takes a gigabyte. `-n 8` makes it eight."""
DEAR_FIXTURES = ("export", "synth")
"""Folders whose tests share what takes long to make. They begin first: one worker makes it, for all of them."""

# A thread each, and for what they start, where a test leaves it open: two that share a core wait for each other.
for name in ("OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM", "LP_NUM_THREADS"):
    os.environ.setdefault(name, "1")
cv2.setNumThreads(1)


def pytest_xdist_auto_num_workers(config):
    """None for one file, whose tests would wait for the workers to start, and where the terminal is the test's."""
    files = {part.split("::")[0] for part in config.option.file_or_dir}
    one_file = len(files) == 1 and all(Path(file).is_file() for file in files)
    return 0 if one_file or config.option.capture == "no" or config.option.trace else WORKERS


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.parent.name not in DEAR_FIXTURES)


def pytest_collection_finish():
    """What is imported now stays: to look for garbage in it again and again took a sixth of the time of tracing networks."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def lifting_bundle(tmp_path_factory):
    """The default bundle with a way to millimetres that no other has: (u, v, z) · (1500, 1700, 1900), whoever the person is."""
    parser = pytest.importorskip("onnx.parser", reason="onnx is not installed")
    folder = tmp_path_factory.mktemp("lifting") / "bundle"
    shutil.copytree(DEFAULT_BUNDLE, folder)
    content = parser.parse_model(LIFT).SerializeToString()
    (folder / "own_lift.onnx").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["lift"] = {"file": "own_lift.onnx"}
    manifest["files"]["own_lift.onnx"] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="session")
def dot_bundle_28(tmp_path_factory):
    """A bundle whose network sees the centre of a bright red dot and puts all 28 joints around it; a graph gives millimetres."""
    return write_dot_bundle(tmp_path_factory.mktemp("dot28") / "bundle", root_depth=True, joints=28, lift=True)


@pytest.fixture(scope="session")
def video_dot_bundle(tmp_path_factory):
    """The same, in 17 joints, whose network takes the pose of the frame before."""
    return write_dot_bundle(tmp_path_factory.mktemp("dotvideo") / "bundle", previous=True)


@pytest.fixture(scope="session")
def doubting_bundle(tmp_path_factory):
    """The default bundle with one number changed: no pose is confident enough to be sure."""
    folder = tmp_path_factory.mktemp("doubting") / "bundle"
    shutil.copytree(DEFAULT_BUNDLE, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["poses"]["sure"] = 1.0
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="session")
def write_clip():
    """Write a video of so many frames, 20 a second: a photograph that moves sideways."""

    def write(path, frames):
        photo = cv2.imread(str(PHOTO))
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 20, (400, 424))
        for index in range(frames):
            writer.write(photo[:424, 100 + 3 * index : 500 + 3 * index])
        writer.release()
        return path

    return write


@pytest.fixture(scope="session")
def boxes_dot_bundle(tmp_path_factory):
    """A bundle that sees a bright red dot; its finder gives centres and boxes."""
    return write_dot_bundle(tmp_path_factory.mktemp("boxes") / "bundle", finder="boxes")
