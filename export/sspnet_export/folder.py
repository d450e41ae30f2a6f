"""A bundle's folder: written whole or not at all, and never in the place of something else."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sspnet_export.errors import ExportError
from sspnet_export.manifest import NAME


def check_replaceable(out: Path) -> None:
    """Only a bundle or an empty folder may be replaced."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        is_bundle = "schema" in json.loads((out / NAME).read_text())
    except (OSError, ValueError, TypeError):
        is_bundle = False
    if not is_bundle:
        raise ExportError(f"{out} exists and is not a bundle; name another folder, or move it away")


@contextmanager
def written_whole(out: Path) -> Iterator[Path]:
    """A temporary sibling folder that becomes `out` when the block ends well, and vanishes otherwise."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise ExportError(f"cannot write beside {out}: {(error.strerror or str(error)).lower()}") from None
    try:
        yield partial
        partial.chmod(0o755)
        replace(out, partial)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def replace(out: Path, new: Path) -> None:
    if not out.exists():
        os.rename(new, out)
        return
    old = new.with_name(new.name + ".old")
    os.rename(out, old)
    os.rename(new, out)
    shutil.rmtree(old)
