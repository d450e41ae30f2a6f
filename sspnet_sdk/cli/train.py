"""`sspnet-sdk train`: train or fine-tune a network."""

from __future__ import annotations

import time
from pathlib import Path

import click

from sspnet_sdk.cli.extras import needing


@click.command(name="train", short_help="Train or fine-tune a network.")
@click.option("--recipe", default="edge", show_default=True, help="Named recipe: edge, paper.")
@click.option("--data", type=click.Path(path_type=Path), required=True, help="Folder with the data sets: people3d/, synth3d/.")
@click.option("--steps", type=click.IntRange(min=1), required=True, help="Batches to train on.")
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("run"), show_default=True, help="Folder of the run.")
@click.option("--init", type=click.Path(path_type=Path), help="Checkpoint to start from.")
@click.option("--resume", is_flag=True, help="Go on with the run in --out.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Threads; one per free core.")
def command(recipe: str, data: Path, steps: int, out: Path, init: Path | None, resume: bool, seed: int, threads: int) -> None:
    """Train a network; --out holds checkpoint.safetensors, the logs, and what --resume needs. Ctrl-C saves first."""
    with needing("train", "train"):
        import torch
        from sspnet_train.data.folder import open_folder
        from sspnet_train.errors import TrainingError
        from sspnet_train.loop import RunOptions
        from sspnet_train.loop import train as run_training
        from sspnet_train.recipes import RECIPES

    if recipe not in RECIPES:
        raise click.BadParameter(f"{recipe!r} is none of {', '.join(RECIPES)}", param_hint="--recipe")
    torch.set_num_threads(threads)
    said = time.monotonic()

    def on_step(step: int, count: int, loss: float) -> None:
        nonlocal said
        if time.monotonic() - said > 10 or step in (1, count):
            said = time.monotonic()
            click.echo(f"step {step}/{count}  loss {loss:.4f}", err=True)

    try:
        sources, validation = open_folder(data, RECIPES[recipe].shares)
        run_training(
            RECIPES[recipe], sources, validation, out, RunOptions(steps, seed), init=init, resume=resume, on_step=on_step
        )
    except TrainingError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"wrote {out / 'checkpoint.safetensors'}", err=True)
