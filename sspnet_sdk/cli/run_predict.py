"""What `predict` does between its options and the library: which source, which outputs, progress, and an orderly end."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sspnet_sdk.capture import Capture, camera_number, is_address
from sspnet_sdk.cli.outputs import Outputs
from sspnet_sdk.cli.progress import Progress
from sspnet_sdk.errors import ImageError, OptionError, SSPNetError
from sspnet_sdk.estimator import Estimator
from sspnet_sdk.frame import Frame, Person
from sspnet_sdk.overlay import IMAGE_SUFFIXES
from sspnet_sdk.pictures import pictures
from sspnet_sdk.video import stream
from sspnet_sdk.video_file import CODECS

_AS_USUAL: Mapping[str, Any] = MappingProxyType({})
_READABLE = (*IMAGE_SUFFIXES, ".jfif", ".jpe", ".jp2", ".pgm", ".ppm", ".avif")


@dataclass(frozen=True)
class Job:
    """A checked command line: either pictures (`several`: a folder or a list of them) or one video, and where results go."""

    pictures: list[Path]
    several: bool
    video: str | int | None
    overlay: Path | None
    targets: dict[str, Path]


@dataclass(frozen=True)
class Wanted:
    """Whom to look for: how many at most (None: everybody), where, with which camera, how tall they are; whether a guess
    is better than nobody."""

    people: int | None
    boxes: Sequence[Any]
    camera: Any
    keep_unsure: bool
    height_mm: float | None = None


def plan(sources: Sequence[str], out: Path | None, targets: dict[str, Path]) -> Job:
    """Look at the sources and settle every path, before anything is loaded.

    Raises:
        ImageError: a source does not exist, or a folder holds no pictures.
        OptionError: an output would replace an input, or is of the wrong kind.
    """
    wanted = out is not None or not targets
    if len(sources) == 1 and (video := _video(sources[0])) is not None:
        name = Path(f"camera{video}" if isinstance(video, int) else "stream" if is_address(video) else video).stem
        overlay = _file(out, f"{name}.mp4", f"{name}.pose.mp4", tuple(CODECS)) if wanted else None
        job = Job([], False, video, overlay, targets)
    elif len(sources) > 1 or Path(sources[0]).is_dir():
        files = [file for source in sources for file in _pictures(source)]
        folder = Path(sources[0]) if Path(sources[0]).is_dir() else Path("pictures")
        job = Job(files, True, None, _folder(out, f"{folder.resolve().name}.pose") if wanted else None, targets)
    else:
        (file,) = _pictures(sources[0])
        suffix = file.suffix if file.suffix.lower() in IMAGE_SUFFIXES else ".png"
        overlay = _file(out, file.stem + suffix, f"{file.stem}.pose{suffix}", IMAGE_SUFFIXES) if wanted else None
        job = Job([file], False, None, overlay, targets)
    _check(job)
    return job


def run(
    job: Job, estimator: Estimator, who: Wanted, smooth: float, target_fps: float | None, form: Mapping[str, Any] = _AS_USUAL
) -> bool:
    """Do it. True if a picture among several could not be used.

    form: `layout` and `units` of `open_writer`.
    """
    count: int | None
    followed = {"people": who.people, "boxes": who.boxes, "camera": who.camera}
    results: Generator[Frame | tuple[Path, SSPNetError], None, None] | Generator[Frame, None, None]
    if job.video is None:
        results = pictures(job.pictures, estimator, **followed, keep_unsure=who.keep_unsure)
        fps, live, count = 30.0, False, len(job.pictures)
    else:
        capture = Capture(job.video, target_fps)
        results = stream(capture, estimator, **followed, smooth=smooth)
        fps, live, count = capture.fps, capture.live, capture.frames
    failed = False
    keep = who.keep_unsure or (bool(who.boxes) and job.video is None)  # a box in a picture says that somebody is there
    with (
        contextlib.closing(results),
        Outputs(job.overlay, job.targets, job.several, job.video is not None, fps, live, keep, form) as outputs,
        Progress(count) as progress,
    ):
        for result in results:
            if isinstance(result, Frame):
                outputs.write(result if who.height_mm is None else _as_tall(result, who.height_mm))
                progress.advance(result)
            elif job.several:
                progress.say(f"Error: {result[1]}")
                failed = True
            else:
                raise result[1]
    return failed


def _as_tall(frame: Frame, height_mm: float) -> Frame:
    return replace(frame, people=tuple(Person(one.id, one.pose.with_height(height_mm)) for one in frame.people))


def _file(out: Path | None, name_in_folder: str, default: str, suffixes: tuple[str, ...]) -> Path:
    if out is None:
        return Path(default)
    if out.is_dir() or not out.suffix:
        return out / name_in_folder
    if out.suffix.lower() not in suffixes and not out.exists():
        raise OptionError(f"--out {out}: name a file that ends in {', '.join(suffixes)}, or a folder")
    return out


def _folder(out: Path | None, default: str) -> Path:
    if out is not None and (out.is_file() or out.suffix.lower() in (*IMAGE_SUFFIXES, *CODECS)):
        raise OptionError(f"--out {out}: several pictures need a folder")
    return Path(default) if out is None else out


def _check(job: Job) -> None:
    """No output may replace an input or another output."""
    inputs = {path.resolve(): path for path in job.pictures}
    if isinstance(job.video, str) and not is_address(job.video):
        inputs[Path(job.video).resolve()] = Path(job.video)
    outputs = list(job.targets.values())
    if job.overlay is not None:
        outputs += [job.overlay / path.name for path in job.pictures] if job.several else [job.overlay]
    for path in outputs:
        if path.resolve() in inputs:
            raise OptionError(f"{path} is an input and would be overwritten: choose another name")
    path, times = Counter(outputs).most_common(1)[0]
    if times > 1:
        raise OptionError(f"two results would go to {'standard output' if str(path) == '-' else path}: choose another name")


def _video(source: str) -> str | int | None:
    number = camera_number(source)
    if number is not None:
        return number
    path = Path(source)
    if is_address(source) or (path.is_file() and path.suffix.lower() not in _READABLE):
        return source
    return None


def _pictures(source: str) -> list[Path]:
    path = Path(source)
    if is_address(source) or (path.is_file() and path.suffix.lower() not in _READABLE):
        raise OptionError(f"{source} is a video: give it alone, or pictures and folders only")
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.suffix.lower() in _READABLE and not file.name.startswith("."))
        if not found:
            raise ImageError(f"the folder {source} holds no pictures ({', '.join(_READABLE)})")
        return found
    if not path.exists():
        raise ImageError(f"there is no file {source}")
    return [path]
