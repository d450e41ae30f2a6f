"""Pictures with nobody in them. They teach that confidence can be low everywhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sspnet_train.data.pictures import read_picture
from sspnet_train.data.sample import JOINTS, Sample, SampleSource
from sspnet_train.errors import DataError


def backgrounds(folder: Path) -> SampleSource:
    """Every .webp panorama of a folder, whole. Its box is a square somewhere in it, chosen by the index."""
    files = sorted(folder.glob("*.webp"))
    if not files:
        raise DataError(f"backgrounds: expected .webp pictures in {folder}")
    images = [read_picture(file) for file in files]
    places = 1000

    def read(index: int) -> Sample:
        image = images[index % len(images)]
        rng = np.random.default_rng(index)
        side = rng.uniform(0.2, 0.7) * image.shape[0]
        x, y = rng.uniform(0, image.shape[1] - side), rng.uniform(0, image.shape[0] - side)
        box = np.array([x, y, side, side], np.float32)
        return Sample(
            image, box, np.zeros((JOINTS, 2), np.float32), np.zeros(JOINTS, np.float32), name=files[index % len(files)].name
        )

    return SampleSource("backgrounds", places * len(images), read)
