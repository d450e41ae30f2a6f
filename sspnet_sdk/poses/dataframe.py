"""Poses as a pandas data frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from sspnet_sdk.errors import OptionError, SSPNetError
from sspnet_sdk.formats.table import Columns, columns_of, person_columns
from sspnet_sdk.frame import Frame, Person
from sspnet_sdk.pose import Pose

if TYPE_CHECKING:
    from pandas import DataFrame

_OF_FRAMES = ("source", "frame", "time_s")
_NO_PICTURE = np.zeros((0, 0, 3), np.uint8)


def to_dataframe(poses: Pose | Frame | Iterable[Pose | Frame]) -> DataFrame:
    """A pandas data frame with a row per pose and joint, in the columns of CSV files (docs/formats.md).

    Args:
        poses: poses, which are numbered from 1 in the column `person`; or frames, as `stream` gives them, whose people keep their
            id and have `source`, `frame` and `time_s` too; or one of either.

    Raises:
        SSPNetError: pandas is not installed.
        OptionError: `poses` are neither.
    """
    pandas = _library()
    gathered: Columns = {}
    of_frames, in_camera = False, False
    items = [poses] if isinstance(poses, (Pose, Frame)) or not isinstance(poses, Iterable) else poses
    for number, item in enumerate(items, start=1):
        of_frames = of_frames or isinstance(item, Frame)
        frame = item if isinstance(item, Frame) else Frame(_NO_PICTURE, "", 0, None, (_person(number, item),))
        for person in frame.people:
            in_camera = in_camera or person.pose.joints3d_camera is not None
            for name, values in person_columns(frame, person, True).items():
                gathered.setdefault(name, []).extend(values)
    columns = [name for name in columns_of(in_camera) if of_frames or name not in _OF_FRAMES]
    return pandas.DataFrame({name: gathered.get(name, []) for name in columns})


def _person(number: int, item: object) -> Person:
    if not isinstance(item, Pose):
        raise OptionError(f"expected poses or frames, not {type(item).__name__}: one table for each picture's list of poses")
    return Person(number, item)


def _library() -> Any:
    try:
        import pandas
    except ModuleNotFoundError:
        raise SSPNetError("to_dataframe needs pandas, which is not installed: pip install pandas") from None
    return pandas
