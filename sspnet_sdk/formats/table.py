"""People as a table: one row per frame, person and joint. CSV, Parquet and data frames share it."""

from __future__ import annotations

from typing import Any

import numpy as np

from sspnet_sdk.frame import Frame, Person

Columns = dict[str, list[Any]]

DIGITS = {
    **dict.fromkeys(("x_px", "y_px", "box_x", "box_y", "box_w", "box_h"), 2),
    **dict.fromkeys(("x_mm", "y_mm", "z_mm", "x_camera_mm", "y_camera_mm", "z_camera_mm"), 1),
    **dict.fromkeys(("confidence", "score"), 4),
    **{"time_s": 6, "latency_ms": 3},
}
"""Decimals of each column that is not whole or text."""

COLUMNS = (
    *("source", "frame", "time_s", "person", "joint"),
    *("x_px", "y_px", "x_mm", "y_mm", "z_mm", "confidence", "cut", "latency_ms"),
    *("score", "unsure", "box_x", "box_y", "box_w", "box_h"),
)
IN_CAMERA = ("x_camera_mm", "y_camera_mm", "z_camera_mm")  # where a camera was given


def person_columns(frame: Frame, person: Person, in_camera: bool) -> Columns:
    """A person's rows, column by column; numbers are rounded to DIGITS, `time_s` of a picture is None."""
    pose, count = person.pose, len(person.pose.names)
    same = {
        **{"source": frame.source, "frame": frame.index, "time_s": frame.time_s, "person": person.id},
        **{"cut": int(pose.cut), "latency_ms": float(pose.latency_ms), "score": pose.certainty, "unsure": bool(pose.unsure)},
        **dict(zip(("box_x", "box_y", "box_w", "box_h"), pose.box.tolist(), strict=True)),
    }
    own = {"joint": list(pose.names), "confidence": pose.confidence.tolist()}
    own |= dict(zip(("x_px", "y_px"), pose.keypoints.T.tolist(), strict=True))
    own |= dict(zip(("x_mm", "y_mm", "z_mm"), pose.joints3d.T.tolist(), strict=True))
    if in_camera:
        placed = np.full((3, count), np.nan) if pose.joints3d_camera is None else pose.joints3d_camera.T
        own |= dict(zip(IN_CAMERA, placed.tolist(), strict=True))
    columns = own | {name: [value] * count for name, value in same.items()}
    return {name: [_rounded(name, value) for value in columns[name]] for name in columns_of(in_camera)}


def columns_of(in_camera: bool) -> tuple[str, ...]:
    """The table's columns, in order."""
    return (*COLUMNS, *IN_CAMERA) if in_camera else COLUMNS


def _rounded(name: str, value: Any) -> Any:
    return round(value, DIGITS[name]) if name in DIGITS and value is not None else value
