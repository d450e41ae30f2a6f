"""`export_bundle`: a checkpoint in, a verified bundle out, or nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import onnx
from sspnet_train.millimetres.pose_lift import PoseLift
from sspnet_train.network.checkpoint import CheckpointError, load_network, read_checkpoint
from sspnet_train.network.model import SSPNet
from sspnet_train.network.movenet import MoveNetEntry

from sspnet_sdk.pose import BODY_JOINTS, JOINT_NAMES

from . import manifest
from .calibration import Crops, as_batch, calibration_part, read_crops
from .checks import check_cuts, check_precisions, check_sizes
from .deviation import deviations
from .errors import ExportError
from .folder import check_replaceable, written_whole
from .graphs import cut_out_finder, cut_out_graphs
from .half import to_half
from .inference import InferenceNetwork
from .lift import LIFT, verify_lift, write_lift
from .manifest import Accuracy, Notes
from .quantize import to_int8
from .root_depth import open_root_depth, verify_root_depth, write_root_depth
from .trace import trace
from .verify import verify
from .weights import WeightFile, factors_of

log = logging.getLogger(__name__)

Progress = Callable[[str], None]


def export_bundle(
    checkpoint: Path | None,
    *,
    out: Path,
    cuts: Sequence[int] = (2, 4, 8),
    sizes: Sequence[int] = (128, 192, 256),
    precisions: Sequence[str] = ("fp32",),
    calibration: Crops | None = None,
    accuracy: Accuracy | None = None,
    root_depth: Path | None = None,
    on_progress: Progress = log.info,
) -> Path:
    """Write the bundle of a checkpoint to the folder `out`, verified against PyTorch, in one step at the end.

    Args:
        checkpoint: a .safetensors checkpoint of any config; None for the one that is shipped with the source tree.
        out: the bundle's folder; replaced if it is a bundle or empty, refused if it is anything else.
        cuts: pyramids after which the network can answer; sizes: sides of the square input, pixels.
        precisions: "fp32" is always written; "fp16" (for GPUs and NPUs) and "int8" beside it.
        calibration: a folder of pictures with one person in each, or RGB arrays (H, W, 3) uint8; int8 takes its ranges from them.
        accuracy: what an evaluation found, for the manifest.
        root_depth: what `python -m sspnet_train.millimetres.train_root_depth` wrote for this checkpoint: the bundle then tells
            how far away people are.
        on_progress: called with one line per step.

    Returns `out`. Raises ExportError in one line.
    """
    network, notes = open_checkpoint(shipped_checkpoint() if checkpoint is None else Path(checkpoint))
    cuts, sizes = check_cuts(network, cuts), check_sizes(network, sizes)
    precisions = check_precisions(precisions, calibration is not None)
    crops = [] if calibration is None else read_crops(calibration)
    root = None if root_depth is None else open_root_depth(root_depth, network)
    check_replaceable(out)
    with written_whole(out) as folder:
        weights = WeightFile()
        graphs: dict[str, dict[str, Any]] = {precision: {} for precision in precisions}
        for size in sizes:
            on_progress(f"tracing {network.config.name} at {size} px, cuts {', '.join(map(str, cuts))}")
            ready = InferenceNetwork(network, cuts, size, root is not None).eval()
            for precision, described in write_size(folder, weights, ready, precisions, crops).items():
                graphs[precision][str(size)] = described
        if isinstance(network.entry, MoveNetEntry):
            finer = InferenceNetwork(network, cuts[:1], 2 * sizes[-1]).eval()
            for precision, file in write_finer_finder(folder, weights, finer, precisions, crops).items():
                graphs[precision][str(sizes[-1])]["finer_finder"] = file
        if root is not None:
            write_root_depth(folder, weights, root[0])
        lift = PoseLift.of(network) if network.config.lift else None
        if lift is not None:
            write_lift(folder, weights, lift)
        weights.write(folder)
        document = manifest.describe(network, notes, cuts, sizes, graphs, accuracy or {})
        if lift is not None:
            document["lift"] = LIFT
            for line in verify_lift(folder, lift):
                on_progress(f"verified: {line}")
        for difference in verify(folder, document, network):
            on_progress(f"verified: {difference}")
        if root is not None:
            document["root_depth"] = root[1]
            for difference in verify_root_depth(folder, document, network, root[0]):
                on_progress(f"verified: {difference}")
        for deviation in deviations(folder, document, crops):
            on_progress(str(deviation))
            manifest.add_deviation(document, deviation)
        manifest.write(folder, document)
    megabytes = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) / 1e6
    on_progress(f"wrote {out} ({megabytes:.1f} MB)")
    return out


def shipped_checkpoint() -> Path:
    """train/checkpoints/edge.safetensors of the source tree."""
    path = Path(__file__).parents[2] / "train" / "checkpoints" / "edge.safetensors"
    if not path.is_file():
        raise ExportError("this installation holds no checkpoint to export from: name one, or work in a clone of the source tree")
    return path


def open_checkpoint(path: Path) -> tuple[SSPNet, Notes]:
    try:
        network, notes = load_network(path), read_checkpoint(path)[2]
    except CheckpointError as error:
        raise ExportError(str(error)) from None
    if network.config.joints not in (BODY_JOINTS, len(JOINT_NAMES)):
        known = f"the {BODY_JOINTS} of Human3.6M, or {len(JOINT_NAMES)} with face and feet"
        raise ExportError(f"{path} has {network.config.joints} joints; a bundle has {known}")
    return network, Notes.read(notes)


def write_size(
    folder: Path, weights: WeightFile, ready: InferenceNetwork, precisions: Sequence[str], crops: list
) -> dict[str, dict]:
    """The graphs of one size; returns precision -> their part of the manifest."""
    size, cuts = ready.size, ready.cuts
    traced, factors, described = trace(ready), factors_of(ready), {}
    for precision in precisions:
        graphs = cut_out_graphs(in_precision(traced, precision, crops, size), cuts)
        files = {graph.name: graph_file(graph.name, size, precision) for graph in graphs}
        for graph in graphs:
            weights.take_over(graph.model, factors)
            (folder / files[graph.name]).write_bytes(graph.model.SerializeToString(deterministic=True))
        described[precision] = manifest.describe_graphs(graphs, files)
    return described


def graph_file(name: str, size: int, precision: str) -> str:
    return f"{name}_{size}.onnx" if precision == "fp32" else f"{name}_{size}_{precision}.onnx"


def write_finer_finder(
    folder: Path, weights: WeightFile, ready: InferenceNetwork, precisions: Sequence[str], crops: list
) -> dict[str, str]:
    """For people who are small in the picture, a finder at twice the largest size; returns precision -> its file."""
    traced, factors, files = trace(ready), factors_of(ready), {}
    for precision in precisions:
        files[precision] = graph_file("finder", ready.size, precision)
        finder = cut_out_finder(in_precision(traced, precision, crops, ready.size))
        weights.take_over(finder.model, factors)
        (folder / files[precision]).write_bytes(finder.model.SerializeToString(deterministic=True))
    return files


def in_precision(traced: onnx.ModelProto, precision: str, crops: list, size: int) -> onnx.ModelProto:
    if precision == "fp16":
        return to_half(traced)
    return to_int8(traced, as_batch(calibration_part(crops), size)) if precision == "int8" else traced
