"""`sspnet-sdk synth`: rendered people with exact labels, to train on."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sspnet_sdk.cli.extras import needing

_FILE = click.Path(path_type=Path)


@click.command(name="synth", short_help="Render people with exact labels, to train on.")
@click.option("--count", type=click.IntRange(min=1), required=True, help="How many people (one picture each is labelled).")
@click.option("--out", type=_FILE, required=True, help="Folder for the tar files and labels.npz.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed gives the same people.")
@click.option("--assets", type=_FILE, help="Folder with backgrounds/ and cloth/.  [default: painted ones]")
@click.option("--poses", type=_FILE, multiple=True, help="Poses (.npz); may be repeated.  [default: generated ones]")
@click.option(
    "--share",
    "shares",
    multiple=True,
    metavar="NAME=SHARE",
    help="How often (0..1) a scene is tilted, rolled, wide, far, seated, company, crowd or hidden_face; may be repeated.",
)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes that render.")
def command(
    count: int, out: Path, seed: int, assets: Path | None, poses: tuple[Path, ...], shares: tuple[str, ...], workers: int
) -> None:
    """Render people with true 2D and 3D joints (28), visibility and camera into tar files with a labels.npz.

    A run that was killed goes on where it was, part by part. A larger --count adds to what is there. docs/synthetic-people.md
    describes folder and files. Needs `pip install 'sspnet-sdk[train,synth]'`.

    \b
    Examples:
      sspnet-sdk synth --count 24 --out people
      sspnet-sdk synth --count 300 --out tilted --share tilted=1 --share rolled=0.5
      sspnet-sdk synth --count 12000 --out people --assets assets --poses mocap.npz --workers 4
    """
    with needing("train,synth", "synth"):
        from sspnet_train.synth import generate, parse_mix

    with click.progressbar(length=count, label="rendering", file=sys.stderr) as bar:
        labels = generate(
            count,
            out,
            seed,
            assets=assets,
            poses=poses,
            mix=parse_mix(shares),
            workers=workers,
            progress=lambda done, _: bar.update(done - bar.pos),
        )
    click.echo(f"wrote {labels}", err=True)
