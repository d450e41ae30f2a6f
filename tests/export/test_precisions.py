"""fp16 and int8 beside fp32: what is rounded, what is not, and what it costs is measured and told."""

from __future__ import annotations

import cv2
import numpy as np
import onnx
import pytest
from small_networks import Exported, lived_in
from sspnet_export.calibration import as_batch, read_crops
from sspnet_export.errors import ExportError
from sspnet_export.verify import noise_and_figure
from sspnet_export.write_bundle import export_bundle
from sspnet_train.network.checkpoint import load_network, save_checkpoint
from sspnet_train.network.model import CONFIGS


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    for index in range(12):
        figure = noise_and_figure(96 + 8 * index)[1]
        cv2.imwrite(str(folder / f"{index}.png"), figure[: 96 + 4 * index])
    (folder / "notes.txt").write_text("not a picture")
    return folder


@pytest.fixture(scope="session")
def rounded(tmp_path_factory, pictures) -> Exported:
    folder, lines = tmp_path_factory.mktemp("rounded"), []
    save_checkpoint(folder / "c.safetensors", CONFIGS["tiny"], lived_in(CONFIGS["tiny"]).state_dict())
    out = export_bundle(
        folder / "c.safetensors", cuts=[2, 4], sizes=[128], out=folder / "bundle", precisions=["int8", "fp16"],
        calibration=pictures, finder=None, on_progress=lines.append,
    )  # fmt: skip
    return Exported(folder / "c.safetensors", out, load_network(folder / "c.safetensors"), lines)


def graph(bundle, name):
    return onnx.load(bundle.folder / name, load_external_data=False).graph


def places(graph):
    external = [tensor for tensor in graph.initializer if tensor.data_location == onnx.TensorProto.EXTERNAL]
    return {tuple(entry.value for entry in tensor.external_data) for tensor in external}


def test_every_precision_has_all_graphs_and_tells_what_it_costs(rounded):
    manifest = rounded.manifest
    assert manifest["precisions"] == ["fp32", "fp16", "int8"]
    for precision in manifest["precisions"]:
        graphs = manifest["graphs"][precision]["128"]
        assert [stage["cut"] for stage in graphs["stages"]] == [2, 4]
        assert {graphs["full"], *(stage["file"] for stage in graphs["stages"])} <= set(manifest["files"])
    for entry in manifest["cuts"]:
        for precision, limit in (("fp16", 0.005), ("int8", 0.05)):
            cost = entry["deviation"][precision]["128"]
            assert 0 < cost["keypoints"] < limit and cost["depth_mm"] > 0
            assert any(line.startswith(f"{precision} 128 px cut {entry['cut']}: keypoints move by") for line in rounded.lines)


def test_fp16_keeps_no_weights_of_its_own(rounded):
    assert places(graph(rounded, "full_128_fp16.onnx")) <= places(graph(rounded, "full_128.onnx"))


def test_fp16_computes_features_in_half_and_answers_in_float(rounded):
    stage = graph(rounded, "stage_2_128_fp16.onnx")
    types = {value.name: value.type.tensor_type.elem_type for value in stage.output}
    assert types.pop("pose_2") == onnx.TensorProto.FLOAT
    assert set(types.values()) == {onnx.TensorProto.FLOAT16}


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_what_reads_heatmaps_stays_in_float(rounded, precision):
    nodes = graph(rounded, f"full_128_{precision}.onnx").node
    producer = {name: node.op_type for node in nodes for name in node.output}
    rounding = {"fp16": "Cast", "int8": "DequantizeLinear"}[precision]
    rough = [
        node for node in nodes if node.op_type == "Conv" and producer.get(node.input[1]) == rounding and ".head." in node.input[1]
    ]
    reads = [node for node in nodes if node.op_type == "Conv" and ".head.read." in node.input[1]]
    assert len(reads) == 12 and rough
    assert not any(".head.read." in node.input[1] or ".head.write." in node.input[1] for node in rough if precision == "int8")
    assert not any(node.input[1].endswith(".fp16") for node in reads)


def test_int8_without_pictures_is_refused(tiny, tmp_path):
    with pytest.raises(ExportError, match="int8 needs calibration"):
        export_bundle(tiny.checkpoint, cuts=[4], out=tmp_path / "out", precisions=["int8"])


def test_pictures_that_do_not_serve_are_named(tmp_path, pictures):
    with pytest.raises(ExportError, match="not a folder"):
        read_crops(tmp_path / "nowhere")
    with pytest.raises(ExportError, match=r"8 pictures of people or more .* has 0"):
        read_crops(tmp_path)
    with pytest.raises(ExportError, match=r"must be \(H, W, 3\) uint8, got .* float64"):
        read_crops([np.zeros((8, 8, 3))] * 9)
    for index in range(8):
        (tmp_path / f"{index}.jpg").write_bytes(b"no" if index == 5 else (pictures / "0.png").read_bytes())
    with pytest.raises(ExportError, match=r"5\.jpg is not a picture"):
        read_crops(tmp_path)


def test_folders_and_what_the_system_leaves_are_no_calibration_pictures(tmp_path, pictures):
    for index in range(8):
        (tmp_path / f"{index}.jpg").write_bytes((pictures / "0.png").read_bytes())
    (tmp_path / "sorted.jpg").mkdir()
    (tmp_path / "._0.jpg").write_bytes(b"Mac OS X")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert len(read_crops(tmp_path)) == 8


def test_pictures_are_fitted_into_the_square_without_distortion(pictures):
    crops = read_crops(pictures)
    assert len(crops) == 12
    tall = np.full((100, 50, 3), 200, np.uint8)
    batch = as_batch([tall], 64)
    assert batch.shape == (1, 64, 64, 3)
    assert (batch[0, :, 16:48] == 200).all() and (batch[0, :, :16] == 128).all() and (batch[0, :, 48:] == 128).all()
