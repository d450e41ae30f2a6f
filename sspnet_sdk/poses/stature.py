"""A person's height: what a pose's limbs say of it, and a pose at the size that a known height gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import OptionError
from sspnet_sdk.given_number import given_number

_LIMBS = np.array([(0, 1), (0, 4), (1, 2), (4, 5), (2, 3), (5, 6), (11, 12), (14, 15), (12, 13), (15, 16)])
# Height over the sum of these bones: mean of the 160 bodies that `sspnet-sdk synth` draws, children too (deviation 1.8 %).
_HEIGHT_OF_LIMBS = 0.595
_SMALLEST_MM, _LARGEST_MM = 300.0, 3000.0


def stature_mm(joints3d: NDArray[np.float32]) -> float:
    """The standing height of somebody with these joints (J, 3) in mm, from the lengths of their limbs."""
    ends = joints3d[_LIMBS].astype(np.float64)
    return _HEIGHT_OF_LIMBS * float(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).sum())


def check_height(height_mm: Any) -> float:
    """A person's height in millimetres.

    Raises:
        OptionError: it is no number of millimetres that a person may have.
    """
    number = given_number(height_mm)
    if not _SMALLEST_MM <= number <= _LARGEST_MM:
        raise OptionError(f"height_mm is a person's height in millimetres, such as 1750, not {height_mm!r:.80}")
    return number
