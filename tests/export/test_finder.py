"""A finder of several people in a bundle: one graph for every input size, picture shape and engine."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto
from small_networks import FACE_AND_FEET, GUIDED, lived_in
from sspnet_export import write_bundle
from sspnet_export.centres import CentresPart
from sspnet_export.errors import ExportError
from sspnet_export.finder import FinderPart, open_finder
from sspnet_export.network import NetworkPart
from sspnet_export.weights import WeightFile
from sspnet_export.write_bundle import export_bundle, parts_of
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.multipose import MultiPose, MultiPoseConfig, load_finder, save_finder
from sspnet_train.network.network_input import network_input
from sspnet_train.network.round_weights import round_weights

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.bundles.thresholds import CentresAndBoxes

SMALL = MultiPoseConfig(8, (8, 8, 8, 8, 8, 8, 12, 12, 12, 12, 16, 16, 16, 16, 16, 16, 24), 32, (16, 12, 8, 8), 16)


@pytest.fixture(scope="module")
def finder_file(tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("finder") / "finder.safetensors"
    save_finder(path, MultiPose(SMALL).eval(), {"training_data": '["pictures of people"]'})
    return path


@pytest.fixture(scope="module")
def bundle(finder_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("with finder")
    save_checkpoint(
        folder / "pose.safetensors", FACE_AND_FEET, lived_in(FACE_AND_FEET).state_dict(), {"training_data": '["more"]'}
    )
    sizes, precisions, out = [64, 128], ("fp32", "fp16"), folder / "bundle"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(write_bundle, "shipped", {"finder": finder_file}.get)
        return export_bundle(folder / "pose.safetensors", cuts=(1,), sizes=sizes, precisions=precisions, out=out)


def test_it_takes_the_place_of_the_entrys_own_finder(finder_file):
    def kinds(finder):
        return [type(part) for part in parts_of(lived_in(GUIDED), (1,), (64,), ("fp32",), [], None, finder, print)]

    assert kinds(None) == [NetworkPart, CentresPart] and kinds(open_finder(finder_file)) == [NetworkPart, FinderPart]


def test_one_graph_serves_all_sizes(bundle):
    opened = open_bundle(bundle)
    assert isinstance(opened.finder, CentresAndBoxes)
    names = {key: path.name for key, path in opened.finders.items() if key[0] in ("fp32", "fp16")}
    assert names == {(p, s): f for p, f in (("fp32", "finder.onnx"), ("fp16", "finder_fp16.onnx")) for s in (64, 128)}
    assert {path.name for path in bundle.glob("finder*")} == {"finder.onnx", "finder_fp16.onnx"}
    macs = opened.manifest["finder"]["macs"]
    assert macs["128"] == pytest.approx(4 * macs["64"], rel=1e-6)
    assert opened.manifest["training_data"] == ["more", "pictures of people"]


def kinds_of_weights(graph):
    return {TensorProto.DataType.Name(one.data_type) for one in onnx.load(graph).graph.initializer}


def test_weights_in_eight_bits_take_half_of_the_room_and_answer_the_same(bundle, finder_file, tmp_path):
    network, _ = load_finder(finder_file)
    round_weights(network, [(torch.rand(2, 3, 64, 64) * 2 - 1,)])
    weights = WeightFile()
    FinderPart(network, {}, ("fp32",)).write(tmp_path, weights)
    weights.write(tmp_path)
    assert "INT8" in kinds_of_weights(tmp_path / "finder.onnx") and "INT8" not in kinds_of_weights(bundle / "finder.onnx")
    picture = np.random.default_rng(1).integers(0, 256, (1, 64, 96, 3), dtype=np.uint8)
    found = onnxruntime.InferenceSession(str(tmp_path / "finder.onnx")).run(["centre", "box"], {"image": picture})
    with torch.no_grad():
        for ours, theirs in zip(found, network(network_input(picture)), strict=True):
            np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-3)


@pytest.mark.parametrize("height, width", [(64, 64), (96, 224)])
def test_its_graph_agrees_with_pytorch_in_pictures_of_any_shape(bundle, finder_file, height, width):
    picture = np.random.default_rng(1).integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    found = onnxruntime.InferenceSession(str(bundle / "finder.onnx")).run(["centre", "box"], {"image": picture})
    with torch.no_grad():
        expected = load_finder(finder_file)[0](network_input(picture))
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-3)


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_the_runtime_runs_it(bundle, engine, precision):
    estimator = Estimator(bundle, backend=engine, threads=1, precision=precision)
    assert isinstance(estimator.find(np.full((90, 200, 3), 90, np.uint8)), list)


def test_a_file_that_is_no_finder_is_one_line(tmp_path, bundle):
    with pytest.raises(ExportError, match="no finder at"):
        export_bundle(
            bundle.parent / "pose.safetensors", cuts=(1,), sizes=[64], out=tmp_path / "out", finder=tmp_path / "missing"
        )
