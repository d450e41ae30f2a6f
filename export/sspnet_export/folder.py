"""A bundle's folder: written whole or not at all, and never in the place of something else."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from glob import escape
from pathlib import Path

from sspnet_train.errors import TrainingError
from sspnet_train.whole_file import refusals_in_one_line

from sspnet_export.errors import ExportError
from sspnet_export.manifest import NAME

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


GRAPHS = (".onnx", ".bin")
"""Endings of a bundle's files, beside its manifest."""


def check_replaceable(out: Path) -> None:
    """Only a bundle or an empty folder may be replaced, and nothing else that lies in it is lost.

    Raises:
        ExportError: it is something else, holds something else, or is where this process works.
    """
    if not out.exists():
        return
    if out.samefile(os.curdir):
        raise ExportError(f"{out} is the folder that you work in, which cannot be replaced; name one in it, or work elsewhere")
    if out.is_dir() and not any(out.iterdir()):
        return
    try:
        document = json.loads((out / NAME).read_bytes())
    except (OSError, ValueError):
        document = None
    if not isinstance(document, dict) or "schema" not in document:
        raise ExportError(f"{out} exists and is not a bundle; name another folder, or move it away")
    if lost := [name for name in _visible(out) if name != NAME and not name.endswith(GRAPHS)]:
        raise ExportError(f"{out} holds {lost[0]}, which is no part of a bundle and would be lost: move it away")


def _visible(folder: Path) -> list[str]:
    """Files and links in a folder, by their paths in it. Hidden ones are the system's."""
    found = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return [path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts)]


@contextlib.contextmanager
def written_whole(out: Path) -> Iterator[Path]:
    """A sibling folder that becomes `out` when the block ends well, and vanishes otherwise.

    What a killed export left beside `out` is put right first. What another export writes there at the moment stays. A link to a
    folder stays one: what it leads to is replaced.

    Raises:
        ExportError: the system refuses (a full disk, no permission).
    """
    out = Path(os.path.realpath(out))
    new, old = out.with_name(f".{out.name}.{os.getpid()}.new"), out.with_name(f".{out.name}.old")
    try:
        with refusals_in_one_line(out):
            out.parent.mkdir(parents=True, exist_ok=True)
            if old.exists() and not out.exists():
                os.rename(old, out)
            for left in (old, *_left_behind(out)):
                shutil.rmtree(left, ignore_errors=True)
            new.mkdir()
            try:
                with _held(new):
                    yield new
                    _replace(out, new, old)
            finally:
                shutil.rmtree(new, ignore_errors=True)
    except TrainingError as error:
        raise ExportError(str(error)) from None


def _left_behind(out: Path) -> Iterator[Path]:
    """Half-written folders that no running export holds."""
    for folder in out.parent.glob(f".{escape(out.name)}.*.new"):
        with _held(folder) as held:
            if held:
                yield folder


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Keep others off a folder, until the process ends at the latest.

    Yields:
        Whether that worked: another process may hold it, and not every system has locks.
    """
    if fcntl is None:
        yield False
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        held = True
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held = False
        yield held
    finally:
        os.close(handle)


def _replace(out: Path, new: Path, old: Path) -> None:
    if out.exists():
        os.rename(out, old)
    os.rename(new, out)
    shutil.rmtree(old, ignore_errors=True)
