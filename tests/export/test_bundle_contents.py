"""What a bundle holds: graphs that agree with PyTorch and with each other, one copy of the weights, a manifest."""

from __future__ import annotations

import hashlib

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from sspnet_export import lift
from sspnet_export.centres import people
from sspnet_export.network import reference
from sspnet_export.write_bundle import export_bundle
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.macs import count_macs
from sspnet_train.network.model import CONFIGS, SSPNet

from sspnet_sdk import JOINT_NAMES, JOINT_PARENTS, Estimator
from sspnet_sdk.bundle import open_bundle


@pytest.fixture(params=["tiny", "guided"])
def bundle(request):
    return request.getfixturevalue(request.param)


def graphs_of(bundle):
    return bundle.manifest["graphs"]["fp32"]["128"]


def run(bundle, file, inputs):
    session = onnxruntime.InferenceSession(str(bundle.folder / file), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {i.name: inputs[i.name] for i in session.get_inputs()}), strict=True))


def images(count, size=128):
    return np.random.default_rng(3).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


@pytest.mark.parametrize("count", [1, 3])
def test_the_whole_graph_agrees_with_pytorch_for_any_batch(bundle, count):
    cuts = tuple(entry["cut"] for entry in bundle.manifest["cuts"])
    answers = run(bundle, graphs_of(bundle)["full"], {"image": images(count)})
    expected = reference(bundle.network, images(count), cuts)
    assert list(answers) == [f"pose_{cut}" for cut in cuts]
    for name, values in answers.items():
        assert values.dtype == np.float32 and values.shape == (count, 17, 4)
        np.testing.assert_allclose(values, expected[name], atol=1e-4, rtol=0)


def test_the_chain_of_stages_answers_as_the_whole_graph_does(bundle):
    whole = run(bundle, graphs_of(bundle)["full"], {"image": images(2)})
    known = {"image": images(2)}
    for stage in graphs_of(bundle)["stages"]:
        answers = run(bundle, stage["file"], known)
        assert list(answers) == stage["outputs"]
        known |= answers
        pose = f"pose_{stage['cut']}"
        np.testing.assert_allclose(answers[pose], whole[pose], atol=1e-5, rtol=0)


def test_stages_hand_on_what_later_stages_take_and_nothing_else(bundle):
    stages = graphs_of(bundle)["stages"]
    given = {"image"}
    for index, stage in enumerate(stages):
        assert set(stage["inputs"]) <= given
        later = {name for following in stages[index + 1 :] for name in following["inputs"]}
        assert set(stage["outputs"]) - {f"pose_{stage['cut']}"} <= later
        given |= set(stage["outputs"])
    assert stages[-1]["outputs"] == [f"pose_{stages[-1]['cut']}"]


def test_nothing_is_computed_that_no_answer_needs(bundle):
    for file in bundle.manifest["files"]:
        if file.endswith(".onnx"):
            graph = onnx.load(bundle.folder / file, load_external_data=False).graph
            read = {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
            assert all(read.intersection(node.output) for node in graph.node), file
            assert {tensor.name for tensor in graph.initializer} <= read, file
    last = bundle.network.config.pyramids - 1
    weights = {tensor.name for tensor in onnx.load(bundle.folder / "full_128.onnx", load_external_data=False).graph.initializer}
    assert any(f"pyramids.{last}.2.head.read" in name for name in weights)
    assert not any(f"pyramids.{last}.2.head.write" in name for name in weights)


def test_all_graphs_share_one_copy_of_the_weights(bundle):
    places = set()
    for file in bundle.manifest["files"]:
        if file.endswith(".onnx"):
            for tensor in onnx.load(bundle.folder / file, load_external_data=False).graph.initializer:
                if tensor.data_location == onnx.TensorProto.EXTERNAL:
                    place = {entry.key: entry.value for entry in tensor.external_data}
                    assert place["location"] == "weights.bin"
                    places.add((int(place["offset"]), int(place["length"])))
                elif file != lift.FILE:  # which has a table of indices
                    assert len(tensor.raw_data) <= 256
    end = 0
    for offset, length in sorted(places):
        assert offset == -(-end // 64) * 64
        end = offset + length
    assert end <= (bundle.folder / "weights.bin").stat().st_size < end + 64


def test_the_manifest_describes_the_bundle(tiny):
    manifest = tiny.manifest
    assert manifest["schema"] == 2 and manifest["name"] == "tiny" and manifest["sizes"] == [128]
    assert manifest["license"] == "MIT" and manifest["training_data"] == ["my own photographs"]
    assert manifest["model"]["width"] == 32 and manifest["precisions"] == ["fp32"]
    for entry in manifest["cuts"]:
        parameters, macs = count_macs(tiny.network, 128, entry["cut"])
        assert (entry["parameters"], entry["macs"], entry["accuracy"]) == (parameters, {"128": macs}, {})
    on_disk = {path.name for path in tiny.folder.iterdir()} - {"manifest.json"}
    assert set(manifest["files"]) == on_disk
    for name, entry in manifest["files"].items():
        content = (tiny.folder / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def test_a_checkpoint_without_notes_claims_no_training_data(guided):
    assert guided.manifest["license"] is None and guided.manifest["training_data"] == []


def test_only_networks_that_find_people_bring_a_finder(tiny, guided):
    assert "finder" not in graphs_of(tiny)
    answers = run(guided, graphs_of(guided)["finder"], {"image": images(2)})
    assert {name: values.shape for name, values in answers.items()} == {
        "centre": (2, 32, 32), "joints": (2, 17, 2, 32, 32), "heat": (2, 17, 32, 32),
    }  # fmt: skip
    expected = people(guided.network, images(2))
    for name, values in answers.items():
        np.testing.assert_allclose(values, expected[name], atol=1e-4, rtol=0)


def test_a_bundle_without_a_finder_of_everybody_says_so(tiny, guided):
    assert tiny.lines[-1] == "without a finder this bundle finds one person at most"
    assert guided.lines[-1] == "without a finder this bundle finds people by the network's own entry"


def test_a_finer_finder_sees_pictures_of_twice_the_largest_size(guided):
    answers = run(guided, graphs_of(guided)["finer_finder"], {"image": images(1, 256)})
    assert answers["heat"].shape == (1, 17, 64, 64)
    assert ("fp32", 256) in open_bundle(guided.folder).finders
    assert any("256 px" in line and "finder" in line for line in guided.lines if line.startswith("verified"))


def test_every_graph_was_verified_in_every_runtime(bundle):
    told = [line for line in bundle.lines if line.startswith("verified")]
    for runtime in ("onnxruntime", "openvino"):
        for graph in ("full", "stages", "finder")[: 3 if "finder" in graphs_of(bundle) else 2]:
            assert any(runtime in line and graph in line and "max |Δ|" in line for line in told), (runtime, graph)


def test_the_runtime_opens_and_runs_it(bundle):
    assert open_bundle(bundle.folder).cuts == tuple(entry["cut"] for entry in bundle.manifest["cuts"])
    estimator = Estimator(bundle.folder, backend="onnxruntime", cut=bundle.manifest["cuts"][-1]["cut"], input_size=128)
    pose = estimator.predict(images(1, 160)[0], box=(20, 10, 100, 140))
    assert pose.keypoints.shape == (17, 2) and np.isfinite(pose.joints3d).all()


def test_a_network_of_28_joints_makes_a_bundle_of_28_joints(face_and_feet, guided):
    joints = face_and_feet.manifest["joints"]
    assert (joints["names"], joints["parents"]) == (list(JOINT_NAMES), list(JOINT_PARENTS)) and len(joints["flip_pairs"]) == 11
    assert len(guided.manifest["joints"]["names"]) == 17 and guided.manifest["joints"]["flip_pairs"][-1] == [13, 16]
    pose = Estimator(face_and_feet.folder, input_size=128).predict(images(1, 160)[0], box=(20, 10, 100, 140))
    assert pose.names == JOINT_NAMES and pose.joints3d.shape == (28, 3) and np.isfinite(pose.joints3d).all()


@pytest.mark.slow
def test_the_paper_config_exports_too(tmp_path):
    torch.manual_seed(0)
    network = SSPNet(CONFIGS["paper"]).eval()
    save_checkpoint(tmp_path / "paper.safetensors", network.config, network.state_dict())
    lines: list[str] = []
    checkpoint, out = tmp_path / "paper.safetensors", tmp_path / "paper"
    export_bundle(checkpoint, cuts=[2, 8], sizes=[256], out=out, finder=None, on_progress=lines.append)
    assert sum(line.startswith("verified") for line in lines) == 8
    assert (out / "weights.bin").stat().st_size < 2.1 * sum(parameter.numel() for parameter in network.parameters())
