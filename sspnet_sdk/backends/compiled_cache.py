"""Compiled graphs kept on disk: written privately and then named, and used only if their digest is right."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_DIGEST = hashlib.sha256().digest_size
_WEIGHTS = "weights.bin"
_one_at_a_time = threading.Lock()  # threads that open graphs of one bundle would all read its weights


class CompiledCache:
    """One compiled graph in `folder`, under everything that it depends on; None as folder keeps nothing.

    Any number of processes may read and write it at once: a name appears only when the file is whole. A file that was
    damaged since, or that another version wrote, is as if it were not there.
    """

    def __init__(self, folder: Path | None, graph: Path, settings: Mapping[str, Any]) -> None:
        key = hashlib.sha256(repr(sorted(settings.items())).encode())
        for file in (graph, graph.with_name(_WEIGHTS)):
            if file.is_file():
                state = file.stat()
                with _one_at_a_time:
                    key.update(_digest(file, state.st_size, state.st_mtime_ns))
        self._path = None if folder is None else folder / f"{key.hexdigest()[:32]}.compiled"

    def read(self) -> bytes | None:
        """What was kept, if it is whole."""
        if self._path is None:
            return None
        try:
            content = self._path.read_bytes()
        except OSError:
            return None
        kept = content[_DIGEST:]
        return kept if kept and hashlib.sha256(kept).digest() == content[:_DIGEST] else None

    def write(self, compiled: bytes) -> None:
        """Keep it; a disk that refuses is no error, the graph is compiled anew next time."""
        if self._path is None:
            return
        with contextlib.suppress(OSError):
            handle, name = tempfile.mkstemp(dir=self._path.parent, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(hashlib.sha256(compiled).digest() + compiled)
                os.replace(name, self._path)
            except BaseException:
                os.unlink(name)
                raise


@functools.lru_cache(maxsize=64)
def _digest(file: Path, size: int, changed_ns: int) -> bytes:
    """Of a file's content; all graphs of a bundle share its weights, which are read for it once."""
    return hashlib.sha256(file.read_bytes()).digest()
