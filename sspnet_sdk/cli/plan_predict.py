"""Which jobs a command line of `predict` means, and where their results go: settled before anything is loaded."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from sspnet_sdk.capture import camera_number, is_address
from sspnet_sdk.errors import ImageError, OptionError
from sspnet_sdk.files.video_file import VIDEO_SUFFIXES
from sspnet_sdk.formats.motion import owners
from sspnet_sdk.frames.picture_sequence import in_natural_order
from sspnet_sdk.images.file_kind import file_kind
from sspnet_sdk.overlay import IMAGE_SUFFIXES

_SUFFIXES = {
    "json": ".jsonl", "csv": ".csv", "parquet": ".parquet", "coco": ".json", "openpose": "", "trc": ".trc", "bvh": ".bvh",
    "rerun": ".rrd",
}  # fmt: skip
_STDOUT, _VIEWER = Path("-"), Path("viewer")


@dataclass(frozen=True)
class Job:
    """Either pictures (`several`: a folder or a list of them) or one video, and where results go."""

    pictures: list[Path]
    several: bool
    video: str | int | None
    overlay: Path | None
    targets: dict[str, Path]


@dataclass
class _Sources:
    """What the sources are: pictures, videos, and what a folder holds beside them."""

    pictures: list[Path] = field(default_factory=list)
    videos: list[str | int] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)


def plan(sources: Sequence[str], out: Path | None, targets: dict[str, Path], as_video: bool = False) -> list[Job]:
    """Look at the sources and settle every path.

    Args:
        as_video: the pictures of each folder are the frames of a video.

    Raises:
        ImageError: a source does not exist, or a folder holds nothing to look at.
        OptionError: an output would replace an input, or is of the wrong kind.
    """
    for kind, path in (("out", out), *targets.items()):
        if path == _STDOUT and kind not in ("json", "csv"):
            raise OptionError(f"--{kind} -: only --json and --csv go to standard output, name a file")
    found = _Sources()
    for source in sources:
        _sort(source, found, as_video)
    if found.skipped:
        names = ", ".join(f"{path.name}/" if path.is_dir() else path.name for path in found.skipped)
        click.echo(f"skipped {len(found.skipped)} that are neither pictures nor videos: {names}", err=True)
    jobs = _jobs(sources, found, out, targets)
    _check(jobs)
    return jobs


def _sort(source: str, found: _Sources, as_video: bool) -> None:
    if camera_number(source) is not None:
        found.videos.append(camera_number(source) or 0)
    elif is_address(source) or source == "-":
        found.videos.append(source)
    elif os.path.isdir(source):
        if as_video:
            found.videos.append(source)
        else:
            _sort_folder(Path(source), found)
    else:
        _look(source)
        kind = file_kind(Path(source))
        # What cannot be told is left to the reader of videos, which knows more kinds and says what is wrong.
        (found.pictures.append(Path(source)) if kind == "picture" else found.videos.append(source))


def _sort_folder(folder: Path, found: _Sources) -> None:
    try:
        inside = in_natural_order([path for path in folder.iterdir() if not path.name.startswith(".")])
    except OSError as error:
        raise ImageError(f"cannot read {folder}: {(error.strerror or str(error)).lower()}") from None
    kinds = {path: file_kind(path) if path.is_file() else "other" for path in inside}
    if not {"picture", "video"} & set(kinds.values()):
        raise ImageError(f"the folder {folder} holds no pictures and no videos")
    found.pictures += [path for path in inside if kinds[path] == "picture"]
    found.videos += [str(path) for path in inside if kinds[path] == "video"]
    found.skipped += [path for path in inside if kinds[path] == "other"]


def _look(source: str) -> None:
    try:
        os.stat(source)
    except FileNotFoundError:
        raise ImageError(f"there is no file {source or repr(source)}") from None
    except (OSError, ValueError) as error:
        raise ImageError(f"cannot read {source!r}: {(getattr(error, 'strerror', None) or str(error)).lower()}") from None


def _jobs(sources: Sequence[str], found: _Sources, out: Path | None, targets: dict[str, Path]) -> list[Job]:
    wanted = out is not None or not targets
    if not found.videos and len(sources) == 1 and not os.path.isdir(sources[0]):
        (file,) = found.pictures
        suffix = file.suffix if file.suffix.lower() in IMAGE_SUFFIXES else ".png"
        overlay = _file(out, file.stem + suffix, f"{file.stem}.pose{suffix}", IMAGE_SUFFIXES) if wanted else None
        return [Job([file], False, None, overlay, targets)]
    folder = Path(sources[0]) if os.path.isdir(sources[0]) else Path("pictures" if found.pictures else "videos")
    default = f"{folder.resolve().name}.pose"
    if not found.videos:
        return [Job(found.pictures, True, None, _folder(out, default, "pictures") if wanted else None, targets)]
    if len(found.videos) == 1 and not found.pictures:
        (video,) = found.videos
        name = _stem(video)
        suffixes = (*VIDEO_SUFFIXES, *IMAGE_SUFFIXES) if video == "-" else VIDEO_SUFFIXES  # a pipe may bring a picture
        overlay = _file(out, f"{name}.mp4", f"{name}.pose.mp4", suffixes) if wanted else None
        return [Job([], False, video, overlay, targets)]
    _check_folders(targets)
    overlays = _folder(out, default, "sources") if wanted else None
    jobs = [Job(found.pictures, True, None, overlays, _inside(targets, "pictures"))] if found.pictures else []
    names = _different([*("pictures" for _ in jobs), *(_stem(video) for video in found.videos)])[len(jobs) :]
    for video, name in zip(found.videos, names, strict=True):
        jobs.append(Job([], False, video, None if overlays is None else overlays / f"{name}.mp4", _inside(targets, name)))
    return jobs


def _stem(video: str | int) -> str:
    if isinstance(video, int):
        return f"camera{video}"
    return "stdin" if video == "-" else "stream" if is_address(video) else Path(video).resolve().stem


def _different(names: Sequence[str]) -> list[str]:
    """The second `walk` becomes `walk-2`, and `walk.2` beside `walk` becomes `walk.2-2`: people's files are `walk.2.trc`."""
    taken: set[str] = set()
    meant: set[str] = set()
    different = list(names)
    for index in sorted(range(len(names)), key=lambda index: len(names[index])):  # `walk` keeps its name, `walk.2` yields
        number = 1
        while different[index] in meant or taken & owners(different[index]):
            number += 1
            different[index] = f"{names[index]}-{number}"
        taken.add(different[index])
        meant |= owners(different[index])
    return different


def _inside(targets: dict[str, Path], name: str) -> dict[str, Path]:
    """Each source's own files, in the folders that the options name."""
    return {kind: path if path == _STDOUT else path / f"{name}{_SUFFIXES[kind]}" for kind, path in targets.items()}


def _check_folders(targets: dict[str, Path]) -> None:
    for kind, path in targets.items():
        if kind == "rerun" and path == _VIEWER:
            raise OptionError("--rerun viewer shows one source at a time: name a folder for recordings of several")
        if path == _STDOUT and kind != "json":
            raise OptionError(f"--{kind} -: of several videos only --json goes to standard output")
        if path != _STDOUT and (path.suffix.lower() in (_SUFFIXES[kind] or ".json", ".json") or os.path.isfile(path)):
            raise OptionError(f"--{kind} {path}: several sources need a folder, in which each gets a file of its own")


def _file(out: Path | None, name_in_folder: str, default: str, suffixes: tuple[str, ...]) -> Path:
    if out is None:
        return Path(default)
    if os.path.isdir(out) or not out.suffix:
        return out / name_in_folder
    if out.suffix.lower() not in suffixes and not os.path.exists(out):
        raise OptionError(f"--out {out}: name a file that ends in {', '.join(suffixes)}, or a folder")
    return out


def _folder(out: Path | None, default: str, what: str) -> Path:
    if out is not None and (os.path.isfile(out) or out.suffix.lower() in (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES)):
        raise OptionError(f"--out {out}: several {what} need a folder")
    return Path(default) if out is None else out


def _check(jobs: Sequence[Job]) -> None:
    """No output may replace an input or another output."""
    inputs = {_whole(path) for job in jobs for path in job.pictures}
    inputs |= {_whole(Path(job.video)) for job in jobs if isinstance(job.video, str) and os.path.isfile(job.video)}
    inputs.discard(_whole(_STDOUT))
    outputs: list[Path] = []
    for job in jobs:
        outputs += [path for path in job.targets.values() if path != _STDOUT or job is jobs[0]]
        if job.overlay is not None:
            outputs += {job.overlay / path.name for path in job.pictures} if job.several else [job.overlay]
    files = [_whole(path) for path in outputs]  # by another way or through a link, it is the same file
    for path, file in zip(outputs, files, strict=True):
        if file in inputs:
            raise OptionError(f"{path} is an input and would be overwritten: choose another name")
    file, times = Counter(files).most_common(1)[0]
    if times > 1:
        path = outputs[files.index(file)]
        raise OptionError(f"two results would go to {'standard output' if path == _STDOUT else path}: choose another name")


def _whole(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # the working folder is gone; links go round in circles
        return path
