"""CSV, tidy: one row per frame, person and joint."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from sspnet_sdk.files.staging import TextFile
from sspnet_sdk.formats.table import DIGITS, columns_of, person_columns
from sspnet_sdk.frame import Frame


class CsvWriter:
    """Comma separated, a header line, point as decimal mark, empty where there is no time."""

    def __init__(self, path: Path | str) -> None:
        self._file = TextFile(path, newline="")
        self._in_camera: bool | None = None
        self.files = [Path(path)]

    def write(self, frame: Frame) -> None:
        """Append a row per person and joint."""
        if self._in_camera is None and frame.people:
            self._begin(frame.people[0].pose.joints3d_camera is not None)
        rows = io.StringIO()
        table = csv.writer(rows, lineterminator="\n")
        for person in frame.people:
            columns = person_columns(frame, person, bool(self._in_camera))
            table.writerows(zip(*([_text(name, value) for value in values] for name, values in columns.items()), strict=True))
        self._file.write(rows.getvalue())

    def _begin(self, in_camera: bool) -> None:
        self._in_camera = in_camera
        self._file.write(",".join(columns_of(in_camera)) + "\n")

    def close(self) -> None:
        """Complete the file."""
        if self._in_camera is None:
            self._begin(False)
        self._file.close()

    def discard(self) -> None:
        """Leave what was there before."""
        self._file.discard()


def _text(name: str, value: Any) -> Any:
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.{DIGITS[name]}f}" if name in DIGITS else value
