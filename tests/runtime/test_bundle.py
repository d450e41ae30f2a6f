"""Opening a bundle: a good one is described, a damaged or hostile one is refused with one line."""

import hashlib
import json
import os
import shutil

import numpy as np
import pytest

from sspnet_sdk import JOINT_NAMES, BackendError, BundleError, Estimator
from sspnet_sdk.bundle import open_bundle

BLACK = np.zeros((64, 64, 3), np.uint8)


@pytest.fixture
def bundle(dot_bundle, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(dot_bundle, tmp_path / "bundle")


def edit(bundle, change):
    path = bundle / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def refused(bundle, words):
    with pytest.raises(BundleError) as caught:
        Estimator(bundle, backend="onnxruntime")
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_bundle_tells_its_sizes_cuts_and_digest(bundle):
    opened = open_bundle(bundle)
    assert (opened.sizes, opened.cuts, opened.precisions) == ((64, 128), (2, 4, 8), ("fp32",))
    assert opened.finder is not None and opened.box_scale == 1.25 and opened.depth_range_mm == 2000
    assert [stage.cut for stage in opened.stages["fp32", 64]] == [2, 4, 8]
    assert open_bundle(opened) is opened
    edit(bundle, lambda m: m.update(name="other"))
    assert open_bundle(bundle).digest != opened.digest


def test_what_is_no_bundle_is_refused(tmp_path):
    refused(tmp_path / "none", "no such folder")
    refused(tmp_path, "manifest.json")
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file", "not a folder")
    refused(12, "int")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"schema": 2}', b'{"schema": ""}'])
def test_a_manifest_that_is_not_ours_is_refused(bundle, content):
    (bundle / "manifest.json").write_bytes(content)
    refused(bundle, "manifest.json")


@pytest.mark.parametrize("file", ["64/stage_2.onnx", "64/finder.onnx", "128/stage_8.onnx"])
def test_one_changed_byte_is_noticed(bundle, file):
    content = bytearray((bundle / file).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / file).write_bytes(content)
    refused(bundle, file)


def test_a_missing_or_cut_off_file_is_noticed(bundle):
    path = bundle / "64/stage_2.onnx"
    path.write_bytes(path.read_bytes()[:-1])
    refused(bundle, "64/stage_2.onnx")
    path.unlink()
    refused(bundle, "64/stage_2.onnx")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "64/../../x", "..", "", "C:/x", "64\\..\\x", "a\0b", "//x", None, 5]
)
def test_paths_that_leave_the_bundle_are_refused_before_they_are_opened(bundle, name):
    edit(bundle, lambda m: m["graphs"]["fp32"]["64"].update(finder=name))
    refused(bundle, "not a path inside the bundle")


def test_listed_files_that_leave_the_bundle_are_refused(bundle):
    edit(bundle, lambda m: m["files"].update({"../../etc/passwd": {"sha256": "0", "bytes": 0}}))
    refused(bundle, "../../etc/passwd")


def test_links_that_leave_the_bundle_are_refused(bundle, tmp_path):
    outside = tmp_path / "outside.onnx"
    shutil.move(bundle / "64/stage_2.onnx", outside)
    os.symlink(outside, bundle / "64/stage_2.onnx")
    refused(bundle, "link")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes by name here")
@pytest.mark.parametrize("file", ["manifest.json", "64/stage_2.onnx"])
def test_what_is_no_file_is_neither_waited_for_nor_read(bundle, file):
    (bundle / file).unlink()
    os.mkfifo(bundle / file)
    refused(bundle, "is not a regular file")
    (bundle / file).unlink()
    (bundle / file).mkdir()
    refused(bundle, "is not a regular file")
    (bundle / file).rmdir()
    os.symlink(bundle / file, bundle / file)
    refused(bundle, file)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no /dev/zero here")
def test_a_device_is_not_read(bundle):
    (bundle / "manifest.json").unlink()
    os.symlink("/dev/zero", bundle / "manifest.json")
    refused(bundle, "is not a regular file")


@pytest.mark.parametrize("file", ["manifest.json", "64/stage_2.onnx"])
def test_a_sparse_giant_is_not_read(bundle, file):
    os.truncate(bundle / file, 200 << 30)
    refused(bundle, "is larger (214,748,364,800 bytes) than")


def test_a_graph_that_no_hash_covers_is_refused(bundle):
    edit(bundle, lambda m: m["files"].pop("64/finder.onnx"))
    refused(bundle, "64/finder.onnx")


def delete(*keys):
    def change(manifest):
        for key in keys[:-1]:
            manifest = manifest[key]
        del manifest[keys[-1]]

    return change


def put(value, *keys):
    def change(manifest):
        for key in keys[:-1]:
            manifest = manifest[key]
        manifest[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        delete("files"),
        delete("joints"),
        delete("sizes"),
        delete("cuts"),
        delete("graphs", "fp32", "64"),
        delete("frame", "bone_lengths_mm"),
        delete("preprocessing", "box_scale"),
        put([], "sizes"),
        put([64, 64], "sizes"),
        put(["a"], "sizes"),
        put([64, 96], "sizes"),
        put([], "cuts"),
        put(None, "cuts"),
        put([[1, 99, 400.0]], "frame", "bone_lengths_mm"),
        put([], "frame", "bone_lengths_mm"),
        put("x", "frame", "bone_lengths_mm"),
        put(-1, "frame", "depth_range_mm"),
        put(float("nan"), "preprocessing", "box_scale"),
        put("NCHW", "preprocessing", "layout"),
        put(["nose"], "joints", "names"),
        put(list(JOINT_NAMES[:20]), "joints", "names"),
        put(list(JOINT_NAMES[1:17]), "joints", "names"),
        put(["int4"], "precisions"),
        put([], "graphs"),
        put("64", "graphs", "fp32", "64"),
        put(["features_9"], "graphs", "fp32", "64", "stages", 1, "inputs"),
        put([], "graphs", "fp32", "64", "stages"),
        put({"64/stage_2.onnx": "x"}, "files"),
    ],
)
def test_a_manifest_that_lacks_or_garbles_a_field_is_refused_in_one_line(bundle, change):
    edit(bundle, change)
    refused(bundle, str(bundle))


def test_a_graph_that_is_no_onnx_is_refused_by_either_engine_in_one_line(bundle, backend):
    content = b"not a graph at all"
    (bundle / "64/stage_2.onnx").write_bytes(content)
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    edit(bundle, lambda m: m["files"].update({"64/stage_2.onnx": entry}))
    with pytest.raises(BackendError, match=r"stage_2\.onnx") as caught:
        Estimator(bundle, backend=backend, input_size=64).predict(BLACK, (0, 0, 64, 64))
    assert "\n" not in str(caught.value)


def test_a_graph_with_other_tensors_than_the_manifest_says_is_refused(bundle, backend):
    edit(bundle, lambda m: m["graphs"]["fp32"]["128"].update(finder="128/stage_2.onnx"))
    with pytest.raises(BundleError, match=r"stage_2\.onnx"):
        Estimator(bundle, backend=backend).find(BLACK)
    edit(bundle, lambda m: m["graphs"]["fp32"]["128"]["stages"][0].update(file="128/finder.onnx"))
    with pytest.raises(BundleError, match=r"finder\.onnx"):
        Estimator(bundle, backend=backend).predict(BLACK, (0, 0, 64, 64))
