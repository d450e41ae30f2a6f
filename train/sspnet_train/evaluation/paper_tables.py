"""`sspnet-sdk eval --protocol` as a function: a checkpoint, a data set, the tables of the paper."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from sspnet_train.data.catalog import READERS, common_definition, open_split
from sspnet_train.data.sample import Definition, SampleSource
from sspnet_train.errors import TrainingOptionError
from sspnet_train.evaluation.ablations import ablate
from sspnet_train.evaluation.predict import HeadPoses, predict_heads
from sspnet_train.evaluation.protocols import (
    given_root_z,
    human36m_tables,
    mpi_inf_3dhp_tables,
    photograph_tables,
    synth3d_tables,
)
from sspnet_train.evaluation.tables import Table, write_report
from sspnet_train.millimetres.root_depth import RootDepth, load_root_depth
from sspnet_train.network.checkpoint import load_network, read_checkpoint
from sspnet_train.network.model import SSPNet
from sspnet_train.network.request import check_size

IN_MILLIMETRES = {"human36m": human36m_tables, "mpi-inf-3dhp": mpi_inf_3dhp_tables, "synth3d": synth3d_tables}
LABORATORIES = ("human36m", "mpi-inf-3dhp")
PHOTOGRAPHS = ("people3d", "coco", "mpii")
PROTOCOLS = (*IN_MILLIMETRES, *PHOTOGRAPHS)
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
    """A protocol's tables for a checkpoint.

    Args:
        checkpoint: a .safetensors file.
        protocol: one of `PROTOCOLS`.
        folder: the protocol's data set; its validation people count.
        size: side of the input, pixels.
        multi_crop: also with mirrored views, and with five crops.
        root_depth: a file of `save_root_depth`, for a row with the root's depth estimated. Photographs have no such row.
        limit: only so many people.
        report: a folder for the tables as Markdown and CSV.
        on_progress: called with the people done and their number.

    Raises:
        TrainingError: no such protocol, or a size or file that does not fit.
        DataError: the data set is missing or malformed.
    """
    if root_depth is not None and protocol in PHOTOGRAPHS:
        raise TrainingOptionError(
            f"a root's depth counts in millimetres: choose from {', '.join(IN_MILLIMETRES)}, not {protocol}"
        )
    network, source, definition = _open(checkpoint, protocol, folder, size)
    root = None if root_depth is None else load_root_depth(root_depth, network)[0]

    def predict(flip: bool, crops: int, with_root: RootDepth | None = None) -> HeadPoses:
        return predict_heads(network, source, size, flip=flip, crops=crops, limit=limit, root=with_root, on_progress=on_progress)

    ways = {"one crop": predict(False, 1, root)}
    if multi_crop:
        ways |= {"with flip": predict(True, 1), "5 crops and flips": predict(True, 5)}
    if protocol in IN_MILLIMETRES:
        tables = IN_MILLIMETRES[protocol](with_root_depths(ways), network.config)
    else:
        tables = photograph_tables(protocol, ways, network.config)
    if report is not None:
        write_report(report, tables, _heading(protocol, checkpoint, size, len(ways["one crop"].samples), definition))
    return tables


def ablate_checkpoint(
    checkpoint: Path,
    protocol: str,
    folder: Path | str,
    report: Path,
    *,
    size: int = 256,
    limit: int | None = None,
    on_progress: Progress = lambda done, count: None,
) -> list[Table]:
    """The paper's ablations (Fig. 6a-c, Table 4, Fig. 7) as pictures and CSV in the folder `report`.

    The arguments are those of `evaluate_protocol`; the protocol must have true millimetres.

    Raises:
        TrainingError: it has none, or a size or file does not fit.
        DataError: the data set is missing or malformed.
    """
    if protocol not in IN_MILLIMETRES:
        raise TrainingOptionError(f"ablations need true millimetres: choose from {', '.join(IN_MILLIMETRES)}, not {protocol}")
    network, source, definition = _open(checkpoint, protocol, folder, size)
    heading = _heading(f"Ablations on {protocol}", checkpoint, size, min(limit or len(source), len(source)), definition)
    return ablate(network, source, report, size=size, limit=limit, heading=heading, on_progress=on_progress)


def _open(checkpoint: Path, protocol: str, folder: Path | str, size: int) -> tuple[SSPNet, SampleSource, Definition]:
    if protocol not in PROTOCOLS:
        raise TrainingOptionError(f"no protocol is called {protocol!r}; choose from {', '.join(PROTOCOLS)}")
    network = load_network(checkpoint)
    check_size(network.config, size)
    definition = definition_of(checkpoint)
    return network, open_split(protocol, folder, "val", definition), definition


def with_root_depths(ways: dict[str, HeadPoses]) -> dict[str, tuple[HeadPoses, np.ndarray]]:
    """Each way to predict with the true root depths, and the single crop with the estimated ones where there are."""
    ours = {f"Z given, {name}": (poses, given_root_z(poses)) for name, poses in ways.items()}
    single = ways["one crop"]
    if single.root_z is not None:
        ours["Z estimated, one crop"] = (single, single.root_z)
    return ours


def definition_of(checkpoint: Path) -> Definition:
    """Whose joints a checkpoint says, by the data sets in its notes. Without notes they are COCO's, as the shipped one's are."""
    names = [name for name in read_checkpoint(checkpoint)[2].get("data", "").split(",") if name in READERS]
    return common_definition(names) if names else "coco"


def _heading(title: str, checkpoint: Path, size: int, people: int, definition: Definition) -> str:
    common = (
        "" if definition == "human36m" else " Spine, neck and head are left out: the network's are COCO's, which lie elsewhere."
    )
    return f"# {title}\n\n{checkpoint.name}, {size} px, {people} people.{common if title.endswith(LABORATORIES) else ''}"
