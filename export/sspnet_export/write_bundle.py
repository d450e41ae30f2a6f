"""`export_bundle`: a checkpoint in, a verified bundle out, or nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sspnet_train.errors import CheckpointError
from sspnet_train.millimetres.pose_lift import PoseLift
from sspnet_train.millimetres.root_depth import RootDepth
from sspnet_train.network.checkpoint import load_network, read_checkpoint
from sspnet_train.network.model import SSPNet
from sspnet_train.network.movenet import MoveNetEntry
from sspnet_train.network.multipose import MultiPose
from sspnet_train.network.shipped import shipped

from sspnet_export import manifest, stated
from sspnet_export.accuracy import People, add_accuracy, engine_for
from sspnet_export.calibration import Crops, Picture, read_crops
from sspnet_export.centres import CentresPart
from sspnet_export.checks import COMPUTED, check_cuts, check_precisions, check_sizes
from sspnet_export.deviation import deviations
from sspnet_export.errors import ExportError
from sspnet_export.finder import FinderPart, open_finder
from sspnet_export.folder import check_replaceable, written_whole
from sspnet_export.lift import LiftPart
from sspnet_export.manifest import Accuracy, Notes
from sspnet_export.network import NetworkPart
from sspnet_export.parts import Part
from sspnet_export.root_depth import RootDepthPart, open_root_depth
from sspnet_export.traces import Traces
from sspnet_export.weights import WeightFile
from sspnet_sdk.bundle import Bundle, open_bundle
from sspnet_sdk.errors import BundleError
from sspnet_sdk.pose import BODY_JOINTS, JOINT_NAMES

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
    people: People | None = None,
    limit: int | None = None,
    root_depth: Path | None = None,
    finder: Path | str | None = "default",
    on_progress: Progress = log.info,
) -> Path:
    """Write the bundle of a checkpoint to the folder `out`, verified against PyTorch, in one step at the end.

    Args:
        checkpoint: a .safetensors checkpoint of any config. None means the package's own.
        out: the bundle's folder. It is replaced if it is a bundle or empty, and refused if it is anything else.
        cuts: pyramids after which the network can answer.
        sizes: sides of the square input, pixels.
        precisions: "fp32" is always written; "fp16" (for GPUs and NPUs) and "int8" beside it. "bf16" adds no graphs, but says
            what it costs where an engine computes in it. It needs `people`. A rate or deadline then chooses it too.
        calibration: a folder of pictures with one person in each, or RGB arrays (H, W, 3) uint8. int8 takes its ranges from them.
        accuracy: what an evaluation found, for the manifest. Cuts and sizes that the bundle lacks are left out.
        people: validation people by data set, on whom every precision but fp32 is scored.
        limit: score only so many people of each set.
        root_depth: what `python -m sspnet_train.millimetres.train_root_depth` wrote for this checkpoint. The bundle then tells
            how far away people are.
        finder: the network that finds people in whole pictures: what `python -m sspnet_train.finder.start` or `.train_finder`
            wrote, or "default" for the package's own. None leaves it to the checkpoint's entry, if that can.
        on_progress: called with one line per step.

    Returns:
        `out`.

    Raises:
        ExportError: in one line; `out` is left as it was.
    """
    network, notes = open_checkpoint(_default("edge", "checkpoint") if checkpoint is None else Path(checkpoint))
    cuts, sizes = check_cuts(network, cuts), check_sizes(network, sizes)
    accuracy, told = stated.of_bundle(accuracy or {}, cuts, sizes)
    computed = [COMPUTED] if COMPUTED in precisions else []
    precisions = check_precisions(precisions, calibration is not None, bool(people))
    for precision in computed:
        engine_for(precision)
    crops = [] if calibration is None else read_crops(calibration)
    root = None if root_depth is None else open_root_depth(root_depth, network)
    crowd = None if finder is None else open_finder(_default("finder", "finder") if str(finder) == "default" else Path(finder))
    check_replaceable(out)
    for line in told:
        on_progress(line)
    parts = parts_of(network, cuts, sizes, precisions, crops, root, crowd, on_progress)
    document = manifest.describe(network, notes, cuts, sizes, precisions, accuracy)
    with written_whole(out) as folder:
        bundle = written(folder, parts, document, on_progress)
        for deviation in deviations(bundle, crops):
            on_progress(str(deviation))
            manifest.add_deviation(document, deviation)
        if people:
            add_accuracy(document, bundle, [*precisions[1:], *computed], people, limit, on_progress)
        manifest.write(folder, document)
        opened(folder)
    megabytes = sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) / 1e6
    on_progress(f"wrote {out} ({megabytes:.1f} MB)")
    if crowd is None:
        found = "people by the network's own entry" if "finder" in document else "one person at most"
        on_progress(f"without a finder this bundle finds {found}")
    return out


def written(folder: Path, parts: Sequence[Part], document: dict[str, Any], on_progress: Progress) -> Bundle:
    """The bundle of some parts in an empty folder, each of which does what PyTorch does. They add to the manifest `document`.

    Raises:
        ExportError: one does not.
    """
    weights = WeightFile()
    for part in parts:
        part.write(folder, weights)
    weights.write(folder)
    for part in parts:
        part.describe(document)
    manifest.write(folder, document)
    bundle = opened(folder)
    for part in parts:
        for line in part.verify(bundle):
            on_progress(f"verified: {line}")
    return bundle


def _default(name: str, kind: str) -> Path:
    """The file that comes along."""
    path = shipped(name)
    if path is None:
        raise ExportError(f"the default {kind} is missing: install sspnet-sdk again, or name a {kind}")
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


def parts_of(
    network: SSPNet,
    cuts: tuple[int, ...],
    sizes: tuple[int, ...],
    precisions: tuple[str, ...],
    crops: list[Picture],
    root: tuple[RootDepth, dict[str, Any]] | None,
    people: tuple[MultiPose, dict[str, str]] | None,
    on_progress: Progress,
) -> list[Part]:
    """What the bundle of a network is made of."""
    traces = Traces(network, cuts, root is not None, crops, on_progress)
    parts: list[Part] = [NetworkPart(traces, sizes, precisions)]
    if people is not None:
        parts.append(FinderPart(*people, precisions))
    elif isinstance(network.entry, MoveNetEntry):
        finer = Traces(network, cuts[:1], False, crops, on_progress)
        parts.append(CentresPart(traces, finer, sizes, precisions))
    if root is not None:
        parts.append(RootDepthPart(network, *root))
    if network.config.lift:
        parts.append(LiftPart(PoseLift.of(network), network.config.joints))
    return parts


def opened(folder: Path) -> Bundle:
    """The bundle as the runtime opens it."""
    try:
        return open_bundle(folder)
    except BundleError as error:
        raise ExportError(f"the runtime refuses what was written: {error}") from None
