"""What `predict` does between its options and the library: one job after the other, their outputs, an orderly end."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from sspnet_sdk.capture import Capture
from sspnet_sdk.cli.outputs import Outputs
from sspnet_sdk.cli.plan_predict import Job
from sspnet_sdk.cli.progress import Progress
from sspnet_sdk.errors import ImageError, SSPNetError
from sspnet_sdk.estimator import Estimator
from sspnet_sdk.frame import Frame
from sspnet_sdk.motion.known_height import KnownHeight
from sspnet_sdk.pictures import pictures
from sspnet_sdk.video import stream

_AS_USUAL: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Wanted:
    """Whom to look for: how many at most (None: everybody), where, with which camera, how tall they are; whether a guess
    is better than nobody."""

    people: int | None
    boxes: Sequence[Any]
    camera: Any
    keep_unsure: bool
    height_mm: float | None = None


@dataclass(frozen=True)
class Reading:
    """How sources are read: the frame rate that they have whatever they say, how long a broken stream is tried again, and
    whether its sound goes into the overlay."""

    stated_fps: float | None = None
    reconnect_s: float = 0.0
    sound: bool = False


def run(
    jobs: Sequence[Job],
    estimator: Estimator,
    who: Wanted,
    smooth: float,
    target_fps: float | None,
    form: Mapping[str, Any] = _AS_USUAL,
    reading: Reading = Reading(),
) -> bool:
    """Do the jobs one after the other.

    Args:
        jobs: what to do.
        estimator: runs the network.
        who: is wanted.
        smooth: of videos, 0 to 1.
        target_fps: of the estimator.
        form: `layout`, `units`, `rigid` and `floor` of `open_writer`.
        reading: how sources are read.

    Returns:
        True if something among several could not be used, or not all of it.
    """
    failed = False
    for job in jobs:
        try:
            failed |= _run(job, estimator, who, smooth, target_fps, form, reading)
        except ImageError as error:
            if len(jobs) == 1:
                raise
            click.echo(f"Error: {error}", err=True)
            failed = True
    return failed


def _run(
    job: Job,
    estimator: Estimator,
    who: Wanted,
    smooth: float,
    target_fps: float | None,
    form: Mapping[str, Any],
    reading: Reading,
) -> bool:
    followed = {"people": who.people, "boxes": who.boxes, "camera": who.camera}
    results: Generator[Frame | tuple[Path, SSPNetError], None, None] | Generator[Frame, None, None]
    capture, count = None, len(job.pictures) or None
    if job.video is None:
        results = pictures(job.pictures, estimator, **followed, keep_unsure=who.keep_unsure)
        fps, what = reading.stated_fps or 30.0, "pictures"
    else:
        capture = Capture(job.video, target_fps, stated_fps=reading.stated_fps, reconnect_s=reading.reconnect_s)
        results = stream(capture, estimator, **followed, smooth=smooth)
        fps, count, what = capture.fps, capture.frames, "frames"
    failed = False
    keep = who.keep_unsure or (bool(who.boxes) and job.video is None)  # a box in a picture says that somebody is there
    sound = capture if reading.sound else None
    as_tall = None if who.height_mm is None else KnownHeight(who.height_mm)
    with (
        contextlib.closing(results),
        Outputs(job.overlay, job.targets, job.several, job.video is not None, fps, keep, form, sound) as outputs,
        Progress(count, what) as progress,
    ):
        for result in results:
            if isinstance(result, Frame):
                outputs.write(result if as_tall is None else as_tall(result))
                progress.advance(result)
            elif job.several:
                progress.say(f"Error: {result[1]}")
                failed = True
            else:
                raise result[1]
    return failed or outputs.failed or (capture is not None and bool(capture.damage))
