"""Files that appear under their own name only when they are complete."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol

from sspnet_sdk.errors import OptionError, SSPNetError

_BUFFER = 8192  # bytes; Python 3.14 would hold back 128 KiB, and a full disk be noticed as much later
_LEAST_FREE_BYTES = 16 << 20


class _Unfinished(Protocol):
    def close(self) -> None: ...

    def discard(self) -> None: ...


@contextlib.contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Turn the system's refusals (full disk, no permission) into one line that names the file."""
    try:
        yield
    except BrokenPipeError as error:
        if str(path) == "-":  # whoever reads our output has enough, which is no failure
            raise
        raise SSPNetError(f"cannot write {path}: its reader has gone away") from error
    except (OSError, UnicodeEncodeError) as error:
        raise SSPNetError(f"cannot write {path}: {_reason(error).lower()}") from error


def _reason(error: OSError | UnicodeEncodeError) -> str:
    """The system's own words; libraries put theirs around them, with the name of the staged file."""
    number: Any = getattr(error, "errno", None)
    if number in errno.errorcode:
        return os.strerror(number)
    return getattr(error, "strerror", None) or str(error)


class StagedFile:
    """Write to `staging`, a sibling of `path`. `commit` gives it its name, `discard` removes it.

    Pipes and devices (`/dev/stdout`, a FIFO) are written as they stand. Missing folders are made.
    """

    def __init__(self, path: Path) -> None:
        if os.path.isdir(path):  # unlike Path.is_dir, no error for a name that no file can have
            raise OptionError(f"{path} is a folder: name a file to write")
        with writing(path):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                os.lstat(path)  # what Path.exists keeps to itself from Python 3.14 on: a name that is too long
            self.in_place = path.exists() and not path.is_file()
            # A loop is refused when it is written. A pipe behind /dev/stdout has no path of its own.
            self.path = Path(os.path.realpath(path)) if path.is_symlink() and not self.in_place else path
            self.path.parent.mkdir(parents=True, exist_ok=True)
        # Not longer than the name itself may be; the suffix stays last: encoders choose the container by it.
        short = f"{zlib.crc32(os.fsencode(self.path.name)):08x}.{os.getpid()}"
        self.staging = self.path if self.in_place else self.path.with_name(f".{short}.part{self.path.suffix}")

    def commit(self) -> None:
        """Replace what was under `path`."""
        if not self.in_place:
            with writing(self.path):
                os.replace(self.staging, self.path)

    def discard(self) -> None:
        """Leave `path` as it was."""
        if not self.in_place:
            with contextlib.suppress(OSError):  # a file system that has become read-only
                self.staging.unlink(missing_ok=True)


@contextlib.contextmanager
def staged(path: Path) -> Iterator[Path]:
    """A sibling of `path` to write to. It gets that name at the end, or is removed if writing it fails."""
    file = StagedFile(path)
    try:
        with writing(path):
            yield file.staging
    except BaseException:
        file.discard()
        raise
    file.commit()


def check_room(path: Path, frames: int, file: _Unfinished) -> None:
    """Complete a file that frames are appended to while the disk has room for that.

    Args:
        path: of the file.
        frames: how many it has.
        file: closed where it has frames, else discarded.

    Raises:
        SSPNetError: the disk is nearly full.
    """
    if shutil.disk_usage(path.parent).free >= _LEAST_FREE_BYTES:
        return
    if not frames:
        file.discard()
        raise SSPNetError(f"cannot write {path}: no space left on device")
    file.close()
    raise SSPNetError(f"no space left on device: {path} holds the first {frames} frames")


def refuse_unwritable(path: Path) -> None:
    """Say before the work, not after an hour of it, that nothing can be written to `path`."""
    file = StagedFile(path)
    if file.staging != file.path:
        with writing(path):
            file.staging.touch()
        file.discard()


def refuse_pipe(path: Path, instead: str) -> None:
    """Say the same of a pipe, where the file's begin is written last."""
    if path.is_fifo():
        raise OptionError(f"{path} is a pipe, which takes no {path.suffix or 'such'} file (its begin is written last): {instead}")


class TextFile:
    """UTF-8 text into a staged file, or onto standard output for the path "-": there, as in pipes, flushed line by line."""

    def __init__(self, path: Path | str, newline: str = "\n") -> None:
        self.path = path
        self._staged = None if str(path) == "-" else StagedFile(Path(path))
        with writing(path):
            self._text: IO[str] = (
                _standard_output()
                if self._staged is None
                else open(self._staged.staging, "w", _BUFFER, "utf-8", "replace", newline)  # noqa: SIM115
            )

    def write(self, text: str) -> None:
        """Append `text`."""
        with writing(self.path):
            self._text.write(text)
            if self._staged is None or self._staged.in_place:
                self._text.flush()

    def close(self) -> None:
        """Complete the file and give it its name; if the disk refuses, nothing is left behind."""
        if self._staged is None:
            return
        try:
            with writing(self.path):
                self._text.close()
            self._staged.commit()
        except SSPNetError:
            self.discard()
            raise

    def discard(self) -> None:
        """Leave what was under the path as it was."""
        if self._staged is None:
            return
        with contextlib.suppress(OSError):  # closing flushes, and the disk may be full
            self._text.close()
        self._staged.discard()


def _standard_output() -> IO[str]:
    if sys.stdout is None:
        raise SSPNetError("cannot write -: standard output is closed")
    return sys.stdout


def write_text(path: Path | str, text: str) -> None:
    """Write a whole file at once, or nothing; "-" is standard output."""
    file = TextFile(path)
    try:
        file.write(text)
    except BaseException:
        file.discard()
        raise
    file.close()
