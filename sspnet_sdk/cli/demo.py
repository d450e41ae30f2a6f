"""`sspnet-sdk demo`: what the SDK does, on a video that comes with it."""

from __future__ import annotations

from pathlib import Path

import click

VIDEO = Path(__file__).parents[1] / "demo" / "walk.mp4"


@click.command(name="demo", short_help="Try it on a short video from the package.")
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("sspnet-demo"),
    show_default=True,
    help="A folder.",
)
def command(out: Path) -> None:
    """Find the person in a short rendered video from the package, and write an overlay and their joints.

    \b
    OUT/walk.mp4    the video with the skeleton, and a 3D view beside it
    OUT/walk.jsonl  joints in pixels and millimetres, a line per frame
    OUT/walk.bvh    an animation, for Blender and others
    """
    from sspnet_sdk.cli import run_predict
    from sspnet_sdk.cli.plan_predict import plan
    from sspnet_sdk.errors import ImageError
    from sspnet_sdk.estimator import Estimator

    if not VIDEO.is_file():
        raise ImageError(f"the video of the demo is missing ({VIDEO}): install sspnet-sdk again")
    targets = {"json": out / "walk.jsonl", "bvh": out / "walk.bvh"}
    jobs = plan([str(VIDEO)], out / "walk.mp4", targets)
    if run_predict.run(jobs, Estimator(), run_predict.Wanted(None, (), None, False), 0.5, None):
        raise SystemExit(1)
    click.echo(f"look at {out / 'walk.mp4'}; your own: sspnet-sdk predict VIDEO", err=True)
