"""A bundle's own way to millimetres."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import onnx
import pytest
import torch
from small_networks import own_bodies
from sspnet_export.folded_lift import FoldedLift
from sspnet_export.lift import FILE, LiftPart, likely_poses
from sspnet_export.weights import WeightFile
from sspnet_train.millimetres.pose_lift import PoseLift

from sspnet_sdk import Estimator
from sspnet_sdk.errors import BundleError


@pytest.fixture(scope="module")
def lifting(guided):
    return guided.folder


@pytest.fixture(scope="module")
def plain(lifting, tmp_path_factory):
    """The same without its way to millimetres."""
    folder = shutil.copytree(lifting, tmp_path_factory.mktemp("plain") / "bundle")
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["lift"], manifest["files"][FILE]
    (folder / FILE).unlink()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(scope="module")
def in_real_size(tmp_path_factory):
    """The graph alone, beside its weights."""
    folder, weights, part = tmp_path_factory.mktemp("real size"), WeightFile(), LiftPart(PoseLift(0.7, own_bodies()).eval(), 17)
    part.write(folder, weights)
    weights.write(folder)
    assert len(list(part.verify(SimpleNamespace(lift=folder / FILE)))) == 2
    return folder / FILE


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_several_people_get_the_joints_that_pytorch_gives_them(lifting, plain, backend):
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    image, boxes = cv2.GaussianBlur(noise, (9, 9), 0), np.array([[10, 5, 60, 100], [70, 20, 80, 90]], float)
    lifted = Estimator(lifting, backend=backend).predict_many(image, boxes)
    for pose, own, box in zip(lifted, Estimator(plain, backend=backend).predict_many(image, boxes), boxes, strict=True):
        np.testing.assert_array_equal(pose.keypoints, own.keypoints)
        uv = (own.keypoints - (box[:2] + box[2:] / 2)) / (1.25 * max(box[2:])) + 0.5
        answer = np.concatenate([uv, own.joints3d[:, 2:] / 2000 + 0.5, own.confidence[:, None]], axis=1)
        with torch.no_grad():
            expected = PoseLift(0.7, own_bodies(32, 1)).eval()(torch.tensor(answer[None]).float())[0].numpy()
        np.testing.assert_allclose(pose.joints3d, expected, atol=1.0)


@pytest.mark.parametrize(("joints", "share"), [(17, 1.0), (17, 0.7), (28, 1.0), (28, 0.7)])
def test_the_lift_as_it_is_shipped_is_the_one_that_was_trained(joints, share):
    """Also of joints that are not there, and where so few are known that all count."""
    lift = PoseLift(share).eval()
    torch.nn.init.normal_(lift.fusion.beside.weight, std=0.05)
    torch.nn.init.normal_(lift.fusion.beside.bias, std=0.05)
    poses = likely_poses(400, joints)
    poses[:100, ::3, 3] = 0
    poses[100:200, :, 3] *= 0.25
    with torch.no_grad():
        np.testing.assert_allclose(FoldedLift(lift, joints)(poses).numpy(), lift(poses).numpy(), atol=0.05)


def test_the_lift_takes_few_operations(lifting):
    """A call of so small a graph takes as long as it has operations. It had 166 before they were folded."""
    nodes = onnx.load(str(lifting / "lift.onnx"), load_external_data=False).graph.node
    assert sum(node.op_type != "Cast" for node in nodes) <= 90


@pytest.mark.parametrize("threads", [1, 2])
def test_the_lift_in_its_real_size_opens_whatever_the_number_of_threads(in_real_size, threads):
    """In a process of its own: what OpenVINO cannot compile may end the process."""
    program = (
        "import sys, numpy; from pathlib import Path; from sspnet_sdk.backends import load\n"
        f"session = load('openvino').open(Path(sys.argv[1]), {threads}, 'fp32')\n"
        "pose = numpy.random.rand(1, 17, 4).astype('f')\n"
        "print(numpy.isfinite(session.run({'pose': pose})['joints3d']).all())"
    )
    ended = subprocess.run([sys.executable, "-c", program, in_real_size], capture_output=True, text=True, check=False)
    assert ended.stdout.strip() == "True", ended.stderr


def test_every_node_of_the_lift_has_a_name_of_its_own(lifting):
    """ONNX Runtime 1.18 does not open it otherwise."""
    names = [node.name for node in onnx.load(str(lifting / "lift.onnx"), load_external_data=False).graph.node]
    assert all(names) and len(set(names)) == len(names)


def test_a_bundle_whose_lift_is_not_among_its_hashed_files_is_refused(lifting, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(lifting, broken)
    manifest = json.loads((broken / "manifest.json").read_text())
    manifest["lift"]["file"] = "other.onnx"
    (broken / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError):
        Estimator(broken)
