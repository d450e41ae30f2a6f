"""`sspnet-sdk eval --protocol` as a function: a checkpoint, a data set, the tables of the paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from .checkpoint import load_network, read_checkpoint
from .data.catalog import READERS, common_definition, open_split
from .data.definitions import Definition
from .errors import TrainingError
from .heads import HeadPoses, predict_heads
from .protocols import given_root_z, human36m_tables, mpi_inf_3dhp_tables, people3d_tables
from .report import Table, write_report
from .root_depth import RootDepth, load_root_depth

PROTOCOLS = ("human36m", "mpi-inf-3dhp", "people3d")
Progress = Callable[[int, int], None]


def evaluate_protocol(
    checkpoint: Path,
    protocol: str,
    folder: Path | str,
    *,
    size: int = 256,
    multi_crop: bool = False,
    root_depth: Path | None = None,
    limit: int | None = None,
    report: Path | None = None,
    on_progress: Progress = lambda done, count: None,
) -> list[Table]:
    """The protocol's tables for a checkpoint on the validation people in `folder`; written to `report` (Markdown, CSV) if given.

    multi_crop: also with mirrored views and with five crops; root_depth: a file of `root_depth.save_root_depth`, for rows with
    the root's depth estimated. Raises TrainingError or DataError in one line.
    """
    if protocol not in PROTOCOLS:
        raise TrainingError(f"no protocol is called {protocol!r}; choose from {', '.join(PROTOCOLS)}")
    network = load_network(checkpoint)
    if size % network.config.largest_stride:
        raise TrainingError(f"size {size} is not a multiple of {network.config.largest_stride}, the network's largest stride")
    root = None if root_depth is None else load_root_depth(root_depth, network)
    definition = definition_of(checkpoint)
    source = open_split(protocol, folder, "val", definition)

    def predict(flip: bool, crops: int, with_root: RootDepth | None = None) -> HeadPoses:
        return predict_heads(network, source, size, flip=flip, crops=crops, limit=limit, root=with_root, on_progress=on_progress)

    ways = {"one crop": predict(False, 1, None if protocol == "people3d" else root)}
    if multi_crop:
        ways |= {"with flip": predict(True, 1), "5 crops and flips": predict(True, 5)}
    if protocol == "people3d":
        tables = people3d_tables(ways, network.config)
    else:
        make = human36m_tables if protocol == "human36m" else mpi_inf_3dhp_tables
        tables = make(with_root_depths(ways), network.config)
    if report is not None:
        write_report(report, tables, _heading(protocol, checkpoint, size, len(ways["one crop"].samples), definition))
    return tables


def with_root_depths(ways: dict[str, HeadPoses]) -> dict[str, tuple[HeadPoses, np.ndarray]]:
    """Each way to predict with the true root depths, and the single crop with the estimated ones where there are."""
    ours = {f"Z given, {name}": (poses, given_root_z(poses)) for name, poses in ways.items()}
    single = ways["one crop"]
    if single.root_z is not None:
        ours["Z estimated, one crop"] = (single, single.root_z)
    return ours


def definition_of(checkpoint: Path) -> Definition:
    """Whose joints a checkpoint says: its notes name the sets it was trained on; without a note COCO's, as the shipped one."""
    names = [name for name in read_checkpoint(checkpoint)[2].get("data", "").split(",") if name in READERS]
    return common_definition(names) if names else "coco"


def _heading(protocol: str, checkpoint: Path, size: int, people: int, definition: Definition) -> str:
    joints = (
        "" if definition == "human36m" else "Spine, neck and head are left out: the network's are COCO's, which lie elsewhere.\n"
    )
    return f"# {protocol}\n\n{checkpoint.name}, {size} px, {people} people.\n{joints}"
