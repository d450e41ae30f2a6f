"""CSV, tidy: one row per frame, person and joint."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from sspnet_sdk.frame import Frame
from sspnet_sdk.staging import TextFile

COLUMNS = (
    *("source", "frame", "time_s", "person", "joint"),
    *("x_px", "y_px", "x_mm", "y_mm", "z_mm", "confidence", "cut", "latency_ms"),
)
IN_CAMERA = ("x_camera_mm", "y_camera_mm", "z_camera_mm")  # where a camera was given


class CsvWriter:
    """Comma separated, a header line, point as decimal mark, empty where there is no time."""

    def __init__(self, path: Path | str) -> None:
        self._file = TextFile(path, newline="")
        self._columns: tuple[str, ...] = ()

    def write(self, frame: Frame) -> None:
        """Append a row per person and joint."""
        if not self._columns and frame.people:
            self._begin(IN_CAMERA if frame.people[0].pose.joints3d_camera is not None else ())
        rows = io.StringIO()
        table = csv.writer(rows, lineterminator="\n")
        time = "" if frame.time_s is None else f"{frame.time_s:.6f}"
        for person in frame.people:
            pose = person.pose
            for joint, name in enumerate(pose.names):
                pixels = (f"{value:.2f}" for value in pose.keypoints[joint])
                millimetres = (f"{value:.1f}" for value in pose.joints3d[joint])
                sure, latency = f"{pose.confidence[joint]:.4f}", f"{pose.latency_ms:.3f}"
                row = (frame.source, frame.index, time, person.id, name, *pixels, *millimetres, sure, pose.cut, latency)
                in_camera = () if pose.joints3d_camera is None else (f"{value:.1f}" for value in pose.joints3d_camera[joint])
                table.writerow((*row, *in_camera))
        self._file.write(rows.getvalue())

    def _begin(self, more: tuple[str, ...]) -> None:
        self._columns = (*COLUMNS, *more)
        self._file.write(",".join(self._columns) + "\n")

    def close(self) -> None:
        """Complete the file."""
        if not self._columns:
            self._begin(())
        self._file.close()

    def discard(self) -> None:
        """Leave what was there before."""
        self._file.discard()
