"""Images in plain tar files, read by name without unpacking."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np


class TarImages:
    """Every image of some tar files, held compressed in memory. `read(name)` decodes one to (H, W, 3) uint8 RGB."""

    def __init__(self, archives: Sequence[Path]):
        self._encoded: dict[str, bytes] = {}
        for path in archives:
            with tarfile.open(path) as archive:
                for member in archive:
                    file = archive.extractfile(member)
                    if file is not None:
                        self._encoded[member.name] = file.read()

    def __contains__(self, name: str) -> bool:
        return name in self._encoded

    def read(self, name: str) -> np.ndarray:
        image = cv2.imdecode(np.frombuffer(self._encoded[name], np.uint8), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError(f"{name} is not a readable image")
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
