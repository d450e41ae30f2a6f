"""The folder where this package keeps what it may lose: measured profiles and compiled models."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def cache_folder(room: str) -> Path | None:
    """`<user cache>/sspnet-sdk/<room>`, made if need be. None if it cannot be written; then nothing is cached."""
    try:
        folder = _base() / "sspnet-sdk" / room
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # read-only, or a user without a home
        return None
    return folder if os.access(folder, os.W_OK) else None


@contextlib.contextmanager
def alone(room: str) -> Iterator[None]:
    """One process at a time in a room whose files an engine writes by itself. Where files cannot be locked, there is no lock."""
    folder = cache_folder(room)
    if folder is None or fcntl is None:
        yield
        return
    with (folder / ".lock").open("w") as file:
        with contextlib.suppress(OSError):  # a network file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _base() -> Path:
    if named := os.environ.get("XDG_CACHE_HOME"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path.home() / "Library" / "Caches" if sys.platform == "darwin" else Path.home() / ".cache"
