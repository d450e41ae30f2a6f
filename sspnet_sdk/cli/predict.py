"""`sspnet-sdk predict`: pictures, folders, videos, cameras and streams to overlays and files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sspnet_sdk.cli.options import BOX, CAMERA, estimator_options

_FILE = click.Path(path_type=Path)
_SMOOTHING = 0.5


@click.command(name="predict", short_help="Find people in pictures, videos or cameras.")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("-o", "--out", type=_FILE, help="Overlay: a picture, a video, or a folder for several pictures.")
@click.option("--json", "json_path", type=_FILE, help="JSON lines, one per frame; - for standard output.")
@click.option("--csv", "csv_path", type=_FILE, help="Table with a row per frame, person and joint; - for standard output.")
@click.option("--parquet", type=_FILE, help="The same table as Parquet; needs pip install 'sspnet-sdk[parquet]'.")
@click.option("--coco", type=_FILE, help="COCO keypoint results (JSON).")
@click.option("--openpose", type=_FILE, help="Folder for OpenPose JSON (BODY_25), a file per frame.")
@click.option(
    "--layout",
    type=click.Choice(["body_25", "coco_17", "halpe_26"]),
    help="Keypoints of --openpose and --coco.  [default: body_25, coco_17]",
)
@click.option("--trc", type=_FILE, help="OpenSim markers in mm, a file per person and stretch of time.")
@click.option("--trc-units", "units", type=click.Choice(["mm", "px"]), help="px: pixels, as Sports2D loads them.  [default: mm]")
@click.option("--bvh", type=_FILE, help="BVH animation, a file per person.")
@click.option("--rigid", is_flag=True, help="TRC and BVH: one skeleton per person, bones of constant length.")
@click.option(
    "--floor",
    metavar="PITCH|auto",
    help="TRC and BVH: axes along gravity, heights above the floor. PITCH: degrees by which the camera looks down.",
)
@click.option("--rerun", metavar="FILE.rrd|viewer", help="Rerun recording in 3D. The word viewer shows it live instead.")
@click.option("--people", type=click.IntRange(min=1), help="How many people to look for at most.  [default: everybody]")
@click.option("--box", "boxes", type=BOX, multiple=True, help="Where a person is (videos: in the first frame); may be repeated.")
@click.option(
    "--camera", type=CAMERA, help="Intrinsics in pixels. --json and --csv then say where people are, in mm from the camera."
)
@click.option("--height", "height_mm", type=float, metavar="MM", help="How tall the person is. Sets the size in millimetres.")
@click.option("--keep-unsure", is_flag=True, help="Write guesses too, where nobody is found with certainty. Files mark them.")
@click.option("--smooth/--no-smooth", default=True, show_default=True, help="Smooth over time, in videos and from cameras.")
@click.option(
    "--smoothing", type=click.FloatRange(0, 1), default=_SMOOTHING, show_default=True, help="How much to smooth, 0 to 1."
)
@click.option("--as-video", is_flag=True, help="The pictures of a folder are the frames of a video, in natural order.")
@click.option(
    "--input-fps",
    type=click.FloatRange(min=0, min_open=True),
    metavar="FPS",
    help="Frames per second of SOURCE, for raw streams and pictures.",
)
@click.option("--sound", is_flag=True, help="Keep the video's sound in the overlay.")
@click.option(
    "--reconnect",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="If a stream breaks, try it again for so long.",
)
@estimator_options
def command(
    sources: tuple[str, ...],
    out: Path | None,
    people: int | None,
    keep_unsure: bool,
    boxes: tuple[Any, ...],
    camera: tuple[float, ...] | None,
    height_mm: float | None,
    layout: str | None,
    units: str | None,
    rigid: bool,
    floor: str | None,
    smooth: bool,
    smoothing: float,
    as_video: bool,
    input_fps: float | None,
    sound: bool,
    reconnect: float,
    **options: Any,
) -> None:
    """Find people in SOURCE and write where their joints are.

    SOURCE is a picture, a video, a folder of them, several of these, a camera's number (0 is the first), a stream's address
    (rtsp://…), or - for a video or a picture on standard input. A file's content says what it is, not its name.

    If there are several videos, every option that names an output names a folder. Each video has a file of its own in it.

    Without an option that names an output, the overlay goes to the current folder: as NAME.pose.mp4, or as NAME.pose with the
    picture's own ending. Those of several sources, or of a folder, go to a folder NAME.pose. Files appear when they are complete.
    Ctrl-C completes them with what was done so far. docs/formats.md describes the formats.

    \b
    Examples:
      sspnet-sdk predict photo.jpg --out overlay.jpg --json photo.json
      sspnet-sdk predict walk.mp4 --out overlay.mp4 --trc walk.trc --target-fps 60
      sspnet-sdk predict 0 --json - | my-program
      sspnet-sdk predict 0 --rerun viewer
    """
    from sspnet_sdk.cli import run_predict
    from sspnet_sdk.cli.effects import check_read, check_shaped
    from sspnet_sdk.cli.plan_predict import plan
    from sspnet_sdk.estimator import Estimator
    from sspnet_sdk.poses.stature import check_height

    targets = {"json": options.pop("json_path"), "csv": options.pop("csv_path")}
    targets |= {name: options.pop(name) for name in ("parquet", "coco", "openpose", "trc", "bvh")}
    targets["rerun"] = Path(recording) if (recording := options.pop("rerun")) else None
    targets = {name: path for name, path in targets.items() if path is not None}
    given: dict[str, Any] = {"--layout": layout, "--trc-units": units, "--rigid": rigid, "--floor": floor, "--camera": camera}
    given |= {"--height": height_mm, "--sound": sound, "--people": people, "--box": boxes, "--input-fps": input_fps}
    given |= {"--as-video": as_video, "--reconnect": reconnect}
    given |= {"--no-smooth": not smooth, "--smoothing": smoothing != _SMOOTHING}
    check_shaped(given, targets, out is not None or not targets)
    jobs = plan(sources, out, targets, as_video)
    check_read(given, sources, jobs)
    if height_mm is not None:
        check_height(height_mm)
    estimator = Estimator(options.pop("bundle"), **options)
    who = run_predict.Wanted(people, boxes, camera, keep_unsure, height_mm)
    form = {"layout": layout, "units": units or "mm", "rigid": rigid, "floor": floor}
    reading = run_predict.Reading(input_fps, reconnect, sound)
    failed = run_predict.run(jobs, estimator, who, smoothing if smooth else 0.0, options["target_fps"], form, reading)
    if failed:
        raise SystemExit(1)
