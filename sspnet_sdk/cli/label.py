"""`sspnet-sdk label`: agreed 2D and 3D labels for your own photographs, to train on."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sspnet_sdk.cli.extras import needing

_FILE = click.Path(path_type=Path)


@click.command(name="label", short_help="Label everybody in your photographs, to train on.")
@click.argument("photographs", type=_FILE)
@click.option("--out", type=_FILE, required=True, help="Folder for crops and labels.")
@click.option("--movenet", type=_FILE, required=True, help="MoveNet Thunder's TensorFlow.js model (.json).")
@click.option("--annotations", type=_FILE, help="COCO file with boxes and, if people were labelled by hand, keypoints.")
@click.option("--blaze", type=_FILE, help="BlazePose's answers (.npz), a second teacher.")
@click.option("--lifter", type=_FILE, help="Lifting network (.safetensors).  [default: the one in the package]")
def command(
    photographs: Path, out: Path, movenet: Path, annotations: Path | None, blaze: Path | None, lifter: Path | None
) -> None:
    """Label everybody in the folder PHOTOGRAPHS in 2D and 3D, by teachers and a lifting network.

    Without --annotations, the one person that MoveNet sees in each picture is labelled. A run that was killed goes on where it
    was. docs/labels.md says where to get the teachers, and describes the files. Needs `pip install 'sspnet-sdk[train]'`.

    \b
    Examples:
      sspnet-sdk label photos --out labelled --movenet models/movenet-thunder.json
      sspnet-sdk label photos --out labelled --movenet models/movenet-thunder.json --annotations people.json
    """
    with needing("train", "label"):
        from sspnet_train.labels import label_folder
        from sspnet_train.millimetres.lifter import SHIPPED

    with click.progressbar(length=1, label="labelling", file=sys.stderr) as bar:

        def show(done: int, count: int) -> None:
            bar.length = count
            bar.update(done - bar.pos)

        labels = label_folder(
            photographs, out, movenet, annotations=annotations, blaze=blaze, lifter=lifter or SHIPPED, progress=show
        )
    click.echo(f"wrote {labels}", err=True)
