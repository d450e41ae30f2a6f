"""Parquet: the CSV's table with typed columns, an extra (pyarrow)."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from sspnet_sdk.errors import SSPNetError
from sspnet_sdk.files.staging import StagedFile, refuse_pipe, refuse_unwritable, writing
from sspnet_sdk.formats.table import Columns, columns_of, person_columns
from sspnet_sdk.frame import Frame

_ROWS_AT_ONCE = 100_000


class ParquetWriter:
    """A row per frame, person and joint, written in groups of about a hundred thousand rows.

    Raises:
        SSPNetError: pyarrow is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._arrow, self._parquet = _library()
        refuse_unwritable(path)
        refuse_pipe(path, "name a file")
        self._staged = StagedFile(path)
        self._file: Any = None
        self._in_camera = False
        self._waiting: Columns = {}
        self.files = [path]

    def write(self, frame: Frame) -> None:
        """Append a row per person and joint."""
        for person in frame.people:
            if not self._waiting and self._file is None:
                self._in_camera = person.pose.joints3d_camera is not None
            for name, values in person_columns(frame, person, self._in_camera).items():
                self._waiting.setdefault(name, []).extend(values)
        if len(self._waiting.get("frame", ())) >= _ROWS_AT_ONCE:
            self._flush()

    def close(self) -> None:
        """Complete the file and give it its name."""
        try:
            with writing(self._staged.path):
                self._flush()
                self._file.close()
            self._staged.commit()
        except SSPNetError:
            self.discard()
            raise

    def discard(self) -> None:
        """Leave what was there before."""
        if self._file is not None:
            with contextlib.suppress(OSError):  # closing writes the end, and the disk may be full
                self._file.close()
        self._staged.discard()

    def _flush(self) -> None:
        schema = self._schema()
        table = self._arrow.table({field.name: self._waiting.get(field.name, []) for field in schema}, schema=schema)
        with writing(self._staged.path):
            if self._file is None:
                self._file = self._parquet.ParquetWriter(self._staged.staging, schema)
            self._file.write_table(table)
        self._waiting = {}

    def _schema(self) -> Any:
        arrow = self._arrow
        types = {name: arrow.string() for name in ("source", "joint")} | {"frame": arrow.int64(), "unsure": arrow.bool_()}
        types |= {name: arrow.int32() for name in ("person", "cut")} | {"time_s": arrow.float64()}
        return arrow.schema([(name, types.get(name, arrow.float32())) for name in columns_of(self._in_camera)])


def _library() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise SSPNetError('Parquet needs pyarrow, which is not installed: pip install "sspnet-sdk[parquet]"') from None
    return pyarrow, parquet
