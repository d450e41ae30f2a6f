"""`sspnet-sdk train`: train or fine-tune a network."""

from __future__ import annotations

from pathlib import Path

import click

from sspnet_sdk.cli.extras import needing
from sspnet_sdk.cli.options import data_option


@click.command(name="train", short_help="Train or fine-tune a network.")
@data_option
@click.option("--recipe", default="finetune", show_default=True, help="edge, settle, late, deep, polish, paper or finetune.")
@click.option("--steps", type=click.IntRange(min=1), required=True, help="Batches to train on.")
@click.option("-o", "--out", type=click.Path(path_type=Path), default=Path("run"), show_default=True, help="Folder of the run.")
@click.option("--init", metavar="FILE", help="Checkpoint to start from, or `default`. Only paper goes without.")
@click.option("--moments", type=click.Path(path_type=Path), metavar="FOLDER", help="Take over the optimizer of this run.")
@click.option("--freeze", multiple=True, type=click.Choice(["entry"]), help="Keep these weights as they are.")
@click.option("--resume", is_flag=True, help="Go on with the run in --out.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed and start train on the same crops."
)
@click.option("--validate-every", type=click.IntRange(min=1), metavar="N", help="Steps.  [default: a tenth, at most 2000]")
@click.option("--workers", type=click.IntRange(min=0), default=0, show_default=True, help="Processes that load pictures.")
@click.option("--threads", type=click.IntRange(min=1), default=1, show_default=True, help="Threads; one per free core.")
@click.option("--bf16", is_flag=True, help="Compute in bfloat16 (GPUs, CPUs with AVX-512 BF16); coordinates stay float32.")
@click.option("--sync-batch-norm", is_flag=True, help="Under torchrun: batch statistics over all ranks together.")
def command(
    data: tuple[str, ...],
    recipe: str,
    steps: int,
    out: Path,
    init: str | None,
    moments: Path | None,
    freeze: tuple[str, ...],
    resume: bool,
    seed: int,
    validate_every: int | None,
    workers: int,
    threads: int,
    bf16: bool,
    sync_batch_norm: bool,
) -> None:
    """Train a network.

    The folder --out receives checkpoint.safetensors, logs, overlays, and what --resume needs. Ctrl-C saves before the run ends.

    For several GPUs or machines: torchrun --nproc-per-node 4 --no-python sspnet-sdk train …
    """
    with needing("train", "train"):
        import torch
        from sspnet_train.data.catalog import parse_data
        from sspnet_train.training import run_training

    torch.set_num_threads(threads)
    checkpoint = run_training(
        parse_data(data),
        out,
        steps,
        recipe=recipe,
        init=init,
        moments=moments,
        resume=resume,
        freeze=freeze,
        seed=seed,
        workers=workers,
        validate_steps=validate_every,
        bf16=bf16,
        sync_batch_norm=sync_batch_norm,
    )
    click.echo(f"wrote {checkpoint}", err=True)
