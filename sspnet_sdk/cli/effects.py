"""Options of `predict` that would have no effect are refused in one line: whoever gives one expects it to do something."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sspnet_sdk.capture import is_address
from sspnet_sdk.cli.plan_predict import Job
from sspnet_sdk.errors import OptionError

_IN_SPACE = ("json", "csv", "parquet", "trc", "bvh", "rerun")
_SHAPED: dict[str, tuple[str, ...]] = {
    "--layout": ("openpose", "coco"),
    "--trc-units": ("trc",),
    "--rigid": ("trc", "bvh"),
    "--floor": ("trc", "bvh"),
    "--camera": _IN_SPACE,
    "--height": (*_IN_SPACE, "out"),
    "--sound": ("out",),
}
"""What each option shapes. Without an option that names an output there is an overlay, as with --out."""


def check_shaped(given: Mapping[str, Any], targets: Mapping[str, Path], overlay: bool) -> None:
    """That something is written which the options shape.

    Args:
        given: options with their values; what is False, None or empty was not given.
        targets: what is written beside an overlay.
        overlay: whether one is written.

    Raises:
        OptionError: names the option, and what it goes with.
    """
    written = {*targets, *(("out",) if overlay else ())}
    if given.get("--trc-units") == "px":
        _check_pixels(given, written)
    for option, shaped in _SHAPED.items():
        if given.get(option) and not written & set(shaped):
            raise OptionError(f"{option} goes with {_either([f'--{name}' for name in shaped])}: name such a file")


def _check_pixels(given: Mapping[str, Any], written: set[str]) -> None:
    for option, shaped in _SHAPED.items():
        if "bvh" in shaped and given.get(option) and written & set(shaped) == {"trc"}:
            raise OptionError(f"{option} is of millimetres, and --trc-units px writes none")


def check_read(given: Mapping[str, Any], sources: Sequence[str], jobs: Sequence[Job]) -> None:
    """That a source is read which the options are about. As `check_shaped`."""
    videos = [job.video for job in jobs if job.video is not None]
    motions = any({"trc", "bvh"} & job.targets.keys() for job in jobs)
    needs = {
        "--sound": ("a video's file", any(isinstance(video, str) and os.path.isfile(video) for video in videos)),
        "--no-smooth": ("videos and cameras", bool(videos)),
        "--smoothing": ("videos and cameras", bool(videos)),
        "--as-video": ("a folder of pictures", any(os.path.isdir(source) for source in sources)),
        "--input-fps": ("videos, or --trc or --bvh of pictures", bool(videos) or motions),
        "--reconnect": ("cameras and addresses", any(not isinstance(video, str) or is_address(video) for video in videos)),
    }
    for option, (what, is_there) in needs.items():
        if given.get(option) and not is_there:
            raise OptionError(f"{option} goes with {what}: there is none")
    if given.get("--smoothing") and given.get("--no-smooth"):
        raise OptionError("give --smoothing or --no-smooth, not both")
    if given.get("--people") and given.get("--box") and not videos:
        raise OptionError("give --people or --box, not both: boxes in pictures say how many there are")


def _either(options: Sequence[str]) -> str:
    *first, last = options
    return f"{', '.join(first)} or {last}" if first else last
