"""A network that answers nonsense is told in one line, whatever the nonsense and wherever it comes from."""

import hashlib
import json
import shutil

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from sspnet_sdk import BackendError, BundleError, Estimator, SSPNetError

BLACK = np.zeros((64, 64, 3), np.uint8)
BOX = (0, 0, 64, 64)


def answering(value, kind, shape, inputs, output):
    """A graph that takes `inputs` (name, type, shape) and always answers `value`."""
    nodes = [helper.make_node("Constant", [], [output], value=numpy_helper.from_array(np.full(shape, value), "value"))]
    takes = [helper.make_tensor_value_info(*one) for one in inputs]
    graph = helper.make_graph(nodes, "nonsense", takes, [helper.make_tensor_value_info(output, kind, shape)])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def with_graph(bundle, folder, name, model, change=lambda manifest: None):
    """A copy of the bundle in which one graph is another."""
    folder = shutil.copytree(bundle, folder)
    onnx.save(model, folder / name)
    manifest, content = json.loads((folder / "manifest.json").read_text()), (folder / name).read_bytes()
    manifest["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


IMAGE = ("image", TensorProto.UINT8, [1, 64, 64, 3])
NONSENSE = [(np.float32(value), TensorProto.FLOAT) for value in (np.nan, np.inf, -np.inf, 1e30, -1e30, 1e5)]
NONSENSE += [(np.bool_(True), TensorProto.BOOL), (np.int64(1), TensorProto.INT64), (np.float64(0.5), TensorProto.DOUBLE)]


def refused(work, words):
    with pytest.raises(BackendError, match=words) as caught:
        work()
    assert "\n" not in str(caught.value)


def only_stage(manifest):
    """One cut: the chain ends with its first stage."""
    manifest["cuts"] = manifest["cuts"][:1]
    for graphs in manifest["graphs"]["fp32"].values():
        graphs["stages"] = graphs["stages"][:1]
        graphs["stages"][0]["outputs"] = ["pose_2"]


@pytest.mark.parametrize(("value", "kind"), NONSENSE, ids=lambda value: repr(value))
def test_a_pose_that_is_none(dot_bundle, tmp_path, backend, value, kind):
    model = answering(value, kind, [1, 17, 4], [IMAGE], "pose_2")
    folder = with_graph(dot_bundle, tmp_path / "bundle", "64/stage_2.onnx", model, only_stage)
    refused(lambda: Estimator(folder, backend=backend, input_size=64).predict(BLACK, BOX), r"stage_2\.onnx gave|gives|OpenVINO")


def test_text_instead_of_a_pose(dot_bundle, tmp_path):
    model = answering("left", TensorProto.STRING, [1, 17, 4], [IMAGE], "pose_2")
    folder = with_graph(dot_bundle, tmp_path / "bundle", "64/stage_2.onnx", model, only_stage)
    refused(
        lambda: Estimator(folder, backend="onnxruntime", input_size=64).predict(BLACK, BOX), "pose_2 as object, not as float32"
    )


@pytest.mark.parametrize(("value", "kind"), NONSENSE[:4], ids=lambda value: repr(value))
def test_people_who_are_none(dot_bundle, tmp_path, value, kind):
    model = onnx.load(dot_bundle / "128/finder.onnx")
    for node in model.graph.node:
        node.output[:] = ["real" if name == "centre" else name for name in node.output]
    nonsense = numpy_helper.from_array(np.array(value), "nonsense")
    model.graph.initializer.append(nonsense)
    model.graph.node.append(helper.make_node("Add", ["real", "nonsense"], ["centre"]))
    folder = with_graph(dot_bundle, tmp_path / "bundle", "128/finder.onnx", model)
    refused(lambda: Estimator(folder, backend="onnxruntime").predict(BLACK), r"finder\.onnx gave")


def test_millimetres_that_are_none(dot_bundle, tmp_path):
    model = answering(np.float32(np.nan), TensorProto.FLOAT, [1, 17, 3], [("pose", TensorProto.FLOAT, [1, 17, 4])], "joints3d")
    folder = with_graph(
        dot_bundle, tmp_path / "bundle", "lift.onnx", model, lambda manifest: manifest.update(lift={"file": "lift.onnx"})
    )
    refused(lambda: Estimator(folder, backend="onnxruntime", input_size=64).predict(BLACK, BOX), r"lift\.onnx gave values")


def test_outputs_that_were_renamed_and_graphs_that_were_swapped(dot_bundle, tmp_path, backend):
    def swap(manifest):
        first, second = (manifest["graphs"]["fp32"]["64"]["stages"][index] for index in (1, 2))
        first["file"], second["file"] = second["file"], first["file"]

    stage = onnx.load(dot_bundle / "64/stage_2.onnx")
    for folder, model, change in (("swapped", stage, swap), ("renamed", renamed(stage), lambda manifest: None)):
        bundle = with_graph(dot_bundle, tmp_path / folder, "64/stage_2.onnx", model, change)
        with pytest.raises(SSPNetError, match=r"stage_\d\.onnx|features|failed") as caught:
            Estimator(bundle, backend=backend, input_size=64).predict(BLACK, BOX)
        assert "\n" not in str(caught.value)


def renamed(model):
    """The graph, whose pose goes by another name."""
    other = onnx.ModelProto()
    other.CopyFrom(model)
    for node in other.graph.node:
        node.output[:] = ["answer" if name == "pose_2" else name for name in node.output]
    other.graph.output[0].name = "answer"
    return other


@pytest.mark.parametrize("shape", [(), (1,), (2, 8), (0, 8), (1, 8, 1)], ids=str)
def test_root_features_that_are_not_one_row_a_person(dot_bundle, tmp_path, shape):
    """A first stage that gives a sound pose, and features of another shape."""
    sound = answering(np.float32(0.5), TensorProto.FLOAT, [1, 17, 4], [IMAGE], "pose_2")
    sound.graph.node.append(
        helper.make_node("Constant", [], ["root_features"], value=numpy_helper.from_array(np.ones(shape, np.float32), "features"))
    )
    sound.graph.output.append(helper.make_tensor_value_info("root_features", TensorProto.FLOAT, list(shape)))

    def both(manifest):
        only_stage(manifest)
        for graphs in manifest["graphs"]["fp32"].values():
            graphs["stages"][0]["outputs"] = ["pose_2", "root_features"]

    folder = with_graph(dot_bundle, tmp_path / "bundle", "64/stage_2.onnx", sound, both)
    with pytest.raises(BundleError, match=r"root_features of shape .*, not \(1, width\)"):
        Estimator(folder, backend="onnxruntime", input_size=64).predict(BLACK, BOX)
