"""Images in plain tar files, read by name without unpacking."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from sspnet_train.errors import DataError

_MOST_BYTES = 1 << 30


class TarImages:
    """Every image of some tar files, held compressed in memory. `read(name)` decodes one to (H, W, 3) uint8 RGB."""

    def __init__(self, archives: Sequence[Path]):
        self._encoded: dict[str, bytes] = {}
        for path in archives:
            try:
                self._read(path)
            except (OSError, tarfile.TarError, EOFError, MemoryError) as error:
                raise DataError(f"{path} is not a readable tar file: {error or 'out of memory'}") from None

    def _read(self, path: Path) -> None:
        with tarfile.open(path) as archive:
            for member in archive:
                if not member.isreg():  # links may go round in circles
                    continue
                if member.size > _MOST_BYTES:
                    raise DataError(f"{path}: {member.name} has {member.size:,} bytes, which is no picture")
                file = archive.extractfile(member)
                if file is not None:
                    self._encoded[member.name] = file.read()

    def __contains__(self, name: str) -> bool:
        return name in self._encoded

    def read(self, name: str) -> np.ndarray:
        if name not in self._encoded:
            raise DataError(f"the picture {name} of the labels is in no tar file")
        try:
            image = cv2.imdecode(np.frombuffer(self._encoded[name], np.uint8), cv2.IMREAD_COLOR)
        except cv2.error:  # empty, or of an absurd size
            image = None
        if image is None:
            raise DataError(f"{name} is not a readable image")
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
