"""The folder where this package keeps what it may lose: measured profiles and compiled models."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder(room: str) -> Path | None:
    """`<user cache>/sspnet-sdk/<room>`, made if need be; None where it cannot be written: then nothing is cached."""
    try:
        folder = _base() / "sspnet-sdk" / room
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # read-only, or a user without a home
        return None
    return folder if os.access(folder, os.W_OK) else None


def _base() -> Path:
    if named := os.environ.get("XDG_CACHE_HOME"):
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path.home() / "Library" / "Caches" if sys.platform == "darwin" else Path.home() / ".cache"
