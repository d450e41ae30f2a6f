"""`sspnet-sdk eval`: how accurate a checkpoint is, at every cut and size."""

from __future__ import annotations

import json
from pathlib import Path

import click

from sspnet_sdk.cli.extras import needing
from sspnet_sdk.cli.options import Numbers


@click.command(name="eval", short_help="Score a checkpoint at every cut and size.")
@click.option("--checkpoint", type=click.Path(path_type=Path), required=True, help="A .safetensors checkpoint.")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder with the data sets: people3d/, synth3d/.")
@click.option("--cuts", type=Numbers(), default="2,4,8", show_default=True)
@click.option("--sizes", type=Numbers(), default="128,192,256", show_default=True, help="Sides of the input, pixels.")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many people of each data set.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="For `export --accuracy`; - for standard output.")
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True)
def command(
    checkpoint: Path,
    data: Path,
    cuts: tuple[int, ...],
    sizes: tuple[int, ...],
    limit: int | None,
    json_path: Path | None,
    threads: int,
) -> None:
    """Score validation people: PCK@0.2 torso on photographs, PA-MPJPE on rendered people whose limbs are in sight."""
    from sspnet_sdk.cli.tables import show_table
    from sspnet_sdk.staging import write_text

    with needing("train", "eval"):
        import torch
        from sspnet_train.accuracy import measure_accuracy
        from sspnet_train.checkpoint import CheckpointError, load_network
        from sspnet_train.data.folder import open_folder
        from sspnet_train.errors import TrainingError

    torch.set_num_threads(threads)
    try:
        _, validation = open_folder(data, ("people3d", "synth3d"))
        network = load_network(checkpoint)
        accuracy = measure_accuracy(network, validation, cuts, sizes, limit, lambda line: click.echo(line, err=True))
    except (TrainingError, CheckpointError) as error:
        raise click.ClickException(str(error)) from None
    if str(json_path) != "-":
        rows = [
            (str(cut), size, f"{scores['pck']:.3f}", f"{scores['pa_mpjpe_mm']:.1f}")
            for cut, precisions in accuracy.items()
            for size, scores in precisions["fp32"].items()
        ]
        show_table(("cut", "size", "pck", "pa_mpjpe_mm"), rows)
    if json_path is not None:
        write_text(json_path, json.dumps(accuracy, indent=1) + "\n")
