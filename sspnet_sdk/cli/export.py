"""`sspnet-sdk export`: a checkpoint to a bundle, verified against PyTorch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from sspnet_sdk.cli.extras import needing
from sspnet_sdk.cli.options import Numbers
from sspnet_sdk.errors import OptionError


@click.command(name="export", short_help="Make a bundle of a checkpoint.")
@click.option("--checkpoint", type=click.Path(path_type=Path), help="A .safetensors file.  [default: the package's own]")
@click.option("--cuts", type=Numbers(), default="2,4,8", show_default=True, help="Pyramids after which the network can answer.")
@click.option("--sizes", type=Numbers(), default="128,192,256", show_default=True, help="Sides of the input, pixels.")
@click.option("--precision", default="fp32", show_default=True, help="Comma-separated: fp32, fp16, int8, bf16.")
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    help="A folder of pictures with one person in each: int8 takes its ranges there.",
)
@click.option("--accuracy", type=click.Path(path_type=Path), help="What `sspnet-sdk eval --json` wrote, for the manifest.")
@click.option(
    "--data",
    multiple=True,
    metavar="[NAME=]FOLDER",
    help="People with labels, as people3d=/data/people3d: what fp16, int8 and bf16 cost is scored on them. Again for more.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Score only so many people of each data set.")
@click.option(
    "--root-depth",
    type=click.Path(path_type=Path),
    help="What `python -m sspnet_train.millimetres.train_root_depth` wrote: the bundle then tells how far away people are.",
)
@click.option(
    "--finder",
    default="default",
    show_default="the package's own",
    metavar="FILE",
    help="Finds everybody: what `python -m sspnet_train.finder.train_finder` wrote. `none` leaves it to the network's own entry.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("bundle"), show_default=True, help="Folder.")
def command(
    checkpoint: Path | None,
    cuts: tuple[int, ...],
    sizes: tuple[int, ...],
    precision: str,
    calibration: Path | None,
    accuracy: Path | None,
    data: tuple[str, ...],
    limit: int | None,
    root_depth: Path | None,
    finder: str,
    out: Path,
) -> None:
    """Write a bundle, which `Estimator("bundle")` runs without PyTorch.

    Every cut, size and engine is compared with PyTorch first. A bundle that differs is not written.
    """
    if limit is not None and not data:
        raise OptionError("--limit counts people of --data: give that too")
    precisions = tuple(word.strip() for word in precision.split(","))
    if data and set(precisions) == {"fp32"}:
        raise OptionError("--data: on its people is scored what fp16, int8 and bf16 cost; name one of them in --precision too")
    stated = None if accuracy is None else _read_accuracy(accuracy)
    with needing("export", "export"):
        from sspnet_export.write_bundle import export_bundle

        export_bundle(
            checkpoint,
            out=out,
            cuts=cuts,
            sizes=sizes,
            precisions=precisions,
            calibration=calibration,
            accuracy=stated,
            people=_people(data),
            limit=limit,
            root_depth=root_depth,
            finder=None if finder == "none" else finder,
            on_progress=lambda line: click.echo(line, err=True),
        )


def _people(data: tuple[str, ...]) -> Any:
    from sspnet_train.data.catalog import parse_data, validation_sets

    sets = parse_data(data)
    people = validation_sets(sets, "coco")
    if sets and not people:
        raise OptionError(f"--data: nobody is held out to be scored in {', '.join(sets)}; give a data set with such people")
    return people


def _read_accuracy(path: Path) -> dict[int, Any]:
    try:
        return {int(cut): entry for cut, entry in json.loads(path.read_text(), parse_constant=_refuse).items()}
    except OSError as error:
        raise OptionError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except (ValueError, AttributeError):
        raise OptionError(f"{path} is not what `sspnet-sdk eval --json` writes") from None


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON")
