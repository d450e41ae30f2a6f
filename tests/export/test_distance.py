"""A bundle that tells how far away people are: as PyTorch says it, in every engine, from the MLP of this very checkpoint."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import torch
from small_networks import SMALL, lived_in
from sspnet_export.errors import ExportError
from sspnet_export.write_bundle import export_bundle
from sspnet_train.millimetres.root_depth import RootDepth, load_root_depth, root_features, save_root_depth
from sspnet_train.network.checkpoint import load_network, save_checkpoint
from sspnet_train.network.network_input import network_input

from sspnet_sdk import Estimator
from sspnet_sdk.geometry.camera import check_camera
from sspnet_sdk.geometry.crop import Crop, cut_out
from sspnet_sdk.images.image import open_image

SIZE = 128
K = (900.0, 900.0, 160.0, 120.0)


@pytest.fixture(scope="module")
def depth_bundle(tmp_path_factory):
    """checkpoint, root depth file, bundle, lines."""
    folder, lines = tmp_path_factory.mktemp("depth"), []
    checkpoint, file = folder / "small.safetensors", folder / "root.safetensors"
    save_checkpoint(checkpoint, SMALL, lived_in(SMALL).state_dict())
    torch.manual_seed(1)
    save_root_depth(file, RootDepth(SMALL.width_at(SMALL.levels)), load_network(checkpoint), {"128": {"median_mm": 300.0}})
    out = export_bundle(
        checkpoint, cuts=(1, 2), sizes=[SIZE], out=folder / "bundle", precisions=("fp32", "fp16"), root_depth=file,
        finder=None, on_progress=lines.append,
    )  # fmt: skip
    return checkpoint, file, out, lines


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("cut", [1, 2])
def test_the_runtime_says_pytorchs_distance(depth_bundle, backend, cut):
    checkpoint, file, folder, _ = depth_bundle
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    boxes = [(100, 40, 80, 160), (20, 60, 120, 90), (200, 10, 60, 60)]
    poses = Estimator(folder, backend=backend, cut=cut, input_size=SIZE, color="rgb").predict_many(image, boxes, camera=K)
    network = load_network(checkpoint)
    root, camera = load_root_depth(file, network)[0], check_camera(K)
    for pose, box in zip(poses, boxes, strict=True):
        crop = np.empty((1, SIZE, SIZE, 3), np.uint8)
        cut_out(open_image(image, "rgb"), Crop.around(np.array(box, np.float32), 1.25), crop[0], 128)
        with torch.no_grad():
            features = root_features(network, network_input(crop))
            expected = root.absolute(features, torch.from_numpy(camera.box_features([np.array(box, np.float32)])))
        assert pose.joints3d_camera is not None
        assert pose.joints3d_camera[0, 2] == pytest.approx(expected.item(), rel=1e-3)
    assert len({float(pose.joints3d_camera[0, 2]) for pose in poses}) == 3


def test_it_was_verified_in_every_engine_and_the_manifest_says_what_it_reads(depth_bundle):
    _, _, folder, lines = depth_bundle
    told = [line for line in lines if "root depth" in line]
    assert any("onnxruntime" in line for line in told) and any("openvino" in line for line in told)
    estimator = Estimator(folder, backend="onnxruntime", cut=1, input_size=SIZE)
    entry = estimator.bundle.manifest["root_depth"]
    assert entry["errors"] == {"128": {"median_mm": 300.0}} and len(entry["box"]) == 6
    graph = onnx.load(folder / entry["file"], load_external_data=False).graph
    assert [value.name for value in graph.input] == ["root_features", "box"]
    assert [value.name for value in graph.output] == ["root_z"]


def test_fp16_has_a_distance_too(depth_bundle):
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    distances = [
        Estimator(depth_bundle[2], backend="onnxruntime", precision=precision, cut=2, input_size=SIZE)
        .predict(image, (100, 40, 80, 160), camera=K)
        .joints3d_camera[0, 2]
        for precision in ("fp32", "fp16")
    ]
    assert distances[1] == pytest.approx(distances[0], rel=0.02)


def test_the_file_of_another_checkpoint_is_refused(depth_bundle, tmp_path):
    checkpoint, file, _, _ = depth_bundle
    other = load_network(checkpoint).state_dict()
    other = {name: 1.1 * value if name.startswith("pyramids.0.0.residual") else value for name, value in other.items()}
    save_checkpoint(tmp_path / "other.safetensors", SMALL, other)
    with pytest.raises(ExportError, match="another checkpoint's features: make it anew with python -m"):
        export_bundle(tmp_path / "other.safetensors", cuts=(2,), sizes=[SIZE], out=tmp_path / "bundle", root_depth=file)
    with pytest.raises(ExportError, match="is no root depth file: its metadata has no root_depth_width"):
        export_bundle(checkpoint, cuts=(2,), sizes=[SIZE], out=tmp_path / "bundle", root_depth=checkpoint)
    assert not (tmp_path / "bundle").exists()
