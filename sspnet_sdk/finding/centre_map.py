"""The finder's map of people's centres: the cells that may be one."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def likeliest_cells(centre: NDArray[np.float32], floor: float, most: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the cells that may be a person's centre, the likeliest first.

    Args:
        centre: (h, w) likelihoods in [0, 1].
        floor: a cell must reach this, and be at least as likely as its eight neighbours.
        most: so many cells at most.
    """
    highest_near = cv2.dilate(centre, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((centre >= highest_near) & (centre >= np.float32(floor)))
    order = np.argsort(-centre[rows, columns], kind="stable")[:most]
    return rows[order], columns[order]
