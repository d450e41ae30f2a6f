"""`sspnet-sdk eval`: how accurate a checkpoint is: every cut and size on every data set, or the tables of the paper."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sspnet_sdk.cli.extras import needing
from sspnet_sdk.cli.options import Numbers, data_option
from sspnet_sdk.errors import OptionError

if TYPE_CHECKING:
    from sspnet_train.evaluation.accuracy import Scores

STATED_FIRST = ("people3d", "synth3d")
"""Where these are given, the scores of `--json` are theirs."""
SHOWN = {"pck": ".3f", "pa_mpjpe_mm": ".1f"}


@click.command(name="eval", short_help="Score a checkpoint, by cut and size or as the paper does.")
@click.option("--checkpoint", type=click.Path(path_type=Path), required=True, help="A .safetensors checkpoint.")
@data_option
@click.option(
    "--protocol",
    type=click.Choice(["human36m", "mpi-inf-3dhp", "synth3d", "people3d", "coco", "mpii"]),
    help="The paper's tables on that set (Tables 2, 3, 5).  [default: scores of every set by cut and size]",
)
@click.option("--cuts", type=Numbers(), default="2,4,8", show_default=True, help="Pyramids after which the network answers.")
@click.option(
    "--sizes", type=Numbers(), default="128,192,256", show_default=True, help="Sides of the input; a protocol takes the last."
)
@click.option("--ablations", is_flag=True, help="Protocols: the paper's ablations as pictures and CSV in --out.")
@click.option("--multi-crop", is_flag=True, help="Protocols: also with mirrored views, and with five crops.")
@click.option("--root-depth", type=click.Path(path_type=Path), help="Protocols: a file with the root's depth network.")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many people of each data set.")
@click.option(
    "--json", "json_path", type=click.Path(path_type=Path), help="Scores for `export --accuracy`; - for standard output."
)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Protocols: a folder for report.md and the tables as CSV.")
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True)
def command(
    checkpoint: Path,
    data: tuple[str, ...],
    protocol: str | None,
    cuts: tuple[int, ...],
    sizes: tuple[int, ...],
    ablations: bool,
    multi_crop: bool,
    root_depth: Path | None,
    limit: int | None,
    json_path: Path | None,
    out: Path | None,
    threads: int,
) -> None:
    """Score a checkpoint on validation people.

    Without --protocol, every data set has its PCK@0.2 torso and, where the 3D is known, PA-MPJPE in mm of the people whose limbs
    are in sight. --json holds the PCK of people3d, else of the first set of photographs, and the millimetres of synth3d, else of
    the first set with 3D. With a protocol, scores are MPJPE, PA-MPJPE, PCK and AUC by action and by head, beside the paper's
    numbers.
    """
    with needing("train", "eval"):
        import torch
        from sspnet_train.data.catalog import parse_data

    torch.set_num_threads(threads)
    sets = parse_data(data)
    if protocol is None:
        of_protocols = {"--out": out, "--ablations": ablations, "--multi-crop": multi_crop, "--root-depth": root_depth}
        if given := [name for name, value in of_protocols.items() if value]:
            raise OptionError(f"{', '.join(given)}: only a protocol has that, see --protocol")
        _score_cuts(checkpoint, sets, cuts, sizes, limit, json_path)
        return
    if json_path is not None:
        raise OptionError("--json holds scores by cut and size, which a protocol has not: leave one of the two out")
    if protocol not in sets:
        raise OptionError(f"the protocol {protocol} needs --data {protocol}=FOLDER; given: {', '.join(sets)}")
    if ablations:
        if out is None:
            raise OptionError("--ablations needs --out, a folder for the pictures")
        of_tables = {"--multi-crop": multi_crop, "--root-depth": root_depth}
        if given := [name for name, value in of_tables.items() if value]:
            raise OptionError(f"{', '.join(given)}: --ablations does without, leave one of the two out")
        _ablate(protocol, checkpoint, sets[protocol], sizes[-1], limit, out)
        return
    _follow(protocol, checkpoint, sets[protocol], sizes[-1], multi_crop, root_depth, limit, out)


def _follow(
    protocol: str,
    checkpoint: Path,
    folder: Path | str,
    size: int,
    multi_crop: bool,
    root_depth: Path | None,
    limit: int | None,
    out: Path | None,
) -> None:
    from sspnet_train.evaluation.paper_tables import evaluate_protocol

    with _people_counted() as on_progress:
        tables = evaluate_protocol(
            checkpoint,
            protocol,
            folder,
            size=size,
            multi_crop=multi_crop,
            root_depth=root_depth,
            limit=limit,
            report=out,
            on_progress=on_progress,
        )
    _show(tables, out)


def _ablate(protocol: str, checkpoint: Path, folder: Path | str, size: int, limit: int | None, out: Path) -> None:
    from sspnet_train.evaluation.paper_tables import ablate_checkpoint

    with _people_counted() as on_progress:
        tables = ablate_checkpoint(checkpoint, protocol, folder, out, size=size, limit=limit, on_progress=on_progress)
    _show(tables, out)


def _show(tables: list[Any], out: Path | None) -> None:
    click.echo("\n\n".join(table.text() for table in tables))
    if out is not None:
        click.echo(f"wrote {out / 'report.md'}", err=True)


@contextmanager
def _people_counted() -> Iterator[Callable[[int, int], None]]:
    """A progress bar for what says (done, count)."""
    from tqdm import tqdm

    with tqdm(unit="people", dynamic_ncols=True) as bar:

        def on_progress(done: int, count: int) -> None:
            bar.total = count
            bar.update(done - bar.n)

        yield on_progress


def _score_cuts(
    checkpoint: Path,
    sets: dict[str, Path | str],
    cuts: tuple[int, ...],
    sizes: tuple[int, ...],
    limit: int | None,
    json_path: Path | None,
) -> None:
    from sspnet_train.data.catalog import common_definition, open_split, with_people
    from sspnet_train.evaluation.accuracy import accuracy_of, score_sets
    from sspnet_train.network.checkpoint import load_network

    from sspnet_sdk.files.staging import refuse_unwritable, write_text

    people = sorted(with_people(sets), key=lambda name: name not in STATED_FIRST)
    if not people:
        raise OptionError(f"nobody to score in {', '.join(sets)}: give a data set with people")
    if json_path is not None and str(json_path) != "-":
        refuse_unwritable(json_path)
    network = load_network(checkpoint)
    validation = {name: open_split(name, sets[name], "val", common_definition(people)) for name in people}
    scores = score_sets(network, validation, cuts, sizes, limit, lambda line: click.echo(line, err=True))
    if str(json_path) != "-":
        _show_scores(scores)
    if json_path is not None:
        write_text(json_path, json.dumps(accuracy_of(scores), indent=1, allow_nan=False) + "\n")


def _show_scores(scores: Scores) -> None:
    from sspnet_sdk.cli.tables import show_table

    rows = [
        (name, str(cut), str(size), *(_shown(found.get(score, math.nan), digits) for score, digits in SHOWN.items()))
        for cut, sizes in scores.items()
        for size, sets in sizes.items()
        for name, found in sets.items()
    ]
    show_table(("set", "cut", "size", *SHOWN), sorted(rows, key=lambda row: row[0]))


def _shown(value: float, digits: str) -> str:
    return format(value, digits) if math.isfinite(value) else "-"
