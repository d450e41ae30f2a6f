"""`export_bundle`: a checkpoint in, a verified bundle out, or nothing."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sspnet_train.checkpoint import CheckpointError, load_network, read_checkpoint
from sspnet_train.model import SSPNet

from sspnet_sdk.pose import JOINT_NAMES

from . import manifest
from .errors import ExportError
from .graphs import cut_out_graphs
from .inference import InferenceNetwork
from .manifest import Accuracy, Notes
from .trace import trace
from .verify import verify
from .weights import WeightFile, factors_of

PRECISIONS = ("fp32",)
log = logging.getLogger(__name__)

Progress = Callable[[str], None]


def export_bundle(
    checkpoint: Path | None,
    *,
    out: Path,
    cuts: Sequence[int] = (2, 4, 8),
    sizes: Sequence[int] = (128, 192, 256),
    precisions: Sequence[str] = ("fp32",),
    accuracy: Accuracy | None = None,
    on_progress: Progress = log.info,
) -> Path:
    """Write the bundle of a checkpoint to the folder `out`, verified against PyTorch, in one step at the end.

    Args:
        checkpoint: a .safetensors checkpoint of any config; None for the one that is shipped with the source tree.
        out: the bundle's folder; replaced if it is a bundle or empty, refused if it is anything else.
        cuts: pyramids after which the network can answer; sizes: sides of the square input, pixels.
        precisions: of "fp32".
        accuracy: what an evaluation found, for the manifest.
        on_progress: called with one line per step.

    Returns `out`. Raises ExportError in one line.
    """
    network, notes = open_checkpoint(shipped_checkpoint() if checkpoint is None else Path(checkpoint))
    chosen_cuts, chosen_sizes = check_cuts(network, cuts), check_sizes(network, sizes)
    check_precisions(precisions)
    check_replaceable(out)
    with written_whole(out) as folder:
        graphs = {"fp32": write_graphs(folder, network, chosen_cuts, chosen_sizes, on_progress)}
        described = manifest.describe(network, notes, chosen_cuts, chosen_sizes, graphs, accuracy or {})
        for difference in verify(folder, described, network):
            on_progress(f"verified: {difference}")
        manifest.write(folder, described)
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
    if network.config.joints != len(JOINT_NAMES):
        raise ExportError(f"{path} has {network.config.joints} joints; a bundle has the {len(JOINT_NAMES)} of Human3.6M")
    return network, Notes.read(notes)


def write_graphs(
    folder: Path, network: SSPNet, cuts: tuple[int, ...], sizes: tuple[int, ...], on_progress: Progress
) -> dict[str, dict]:
    """All fp32 graphs and weights.bin; returns their part of the manifest."""
    weights, described = WeightFile(), {}
    for size in sizes:
        on_progress(f"tracing {network.config.name} at {size} px, cuts {', '.join(map(str, cuts))}")
        ready = InferenceNetwork(network, cuts, size).eval()
        graphs, factors = cut_out_graphs(trace(ready), cuts), factors_of(ready)
        files = {graph.name: f"{graph.name}_{size}.onnx" for graph in graphs}
        for graph in graphs:
            weights.take_over(graph.model, factors)
            (folder / files[graph.name]).write_bytes(graph.model.SerializeToString(deterministic=True))
        described[str(size)] = manifest.describe_graphs(graphs, files)
    weights.write(folder)
    return described


def check_cuts(network: SSPNet, cuts: Sequence[int]) -> tuple[int, ...]:
    last = network.config.pyramids
    if not cuts or len(set(cuts)) != len(cuts) or not all(1 <= cut <= last for cut in cuts):
        raise ExportError(f"cuts must be distinct pyramids from 1 to {last}, got {listed(cuts)}")
    return tuple(sorted(cuts))


def check_sizes(network: SSPNet, sizes: Sequence[int]) -> tuple[int, ...]:
    stride = network.config.largest_stride
    if not sizes or len(set(sizes)) != len(sizes) or not all(size > 0 and size % stride == 0 for size in sizes):
        raise ExportError(f"sizes must be distinct multiples of {stride} (the largest stride), got {listed(sizes)}")
    return tuple(sorted(sizes))


def listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"


def check_precisions(precisions: Sequence[str]) -> None:
    for precision in precisions:
        if precision not in PRECISIONS:
            raise ExportError(f"precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")


def check_replaceable(out: Path) -> None:
    """Only a bundle or an empty folder may be replaced."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        is_bundle = "schema" in json.loads((out / manifest.NAME).read_text())
    except (OSError, ValueError, TypeError):
        is_bundle = False
    if not is_bundle:
        raise ExportError(f"{out} exists and is not a bundle; name another folder, or move it away")


@contextmanager
def written_whole(out: Path) -> Iterator[Path]:
    """A temporary sibling folder that becomes `out` when the block ends well, and vanishes otherwise."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise ExportError(f"cannot write beside {out}: {error.strerror or error}") from None
    try:
        yield partial
        partial.chmod(0o755)
        replace(out, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def replace(out: Path, new: Path) -> None:
    if not out.exists():
        os.rename(new, out)
        return
    old = new.with_name(new.name + ".old")
    os.rename(out, old)
    os.rename(new, out)
    shutil.rmtree(old)
