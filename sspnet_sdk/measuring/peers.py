"""Other networks' speed and error, to be drawn beside ours: a table that `benchmarks/peers.py`, or anybody, wrote."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from sspnet_sdk.errors import OptionError

_COLUMNS = ("name", "fps", "pck", "pa_mpjpe_mm")


@dataclass(frozen=True)
class Peer:
    """One network: frames per second on the same device, and its scores on the people that the bundle's were measured on."""

    name: str
    fps: float
    pck: float | None
    pa_mpjpe_mm: float | None

    def error(self, measure: str) -> float | None:
        """PA-MPJPE in mm ("pa_mpjpe_mm"), or 1 - PCK ("pck"); None where it is not known."""
        if measure == "pa_mpjpe_mm":
            return self.pa_mpjpe_mm
        return None if self.pck is None else 1 - self.pck


def read_peers(path: Path) -> list[Peer]:
    """Read a CSV with the columns name, fps, pck and pa_mpjpe_mm; the last two may be empty.

    Raises:
        OptionError: the file cannot be read, or a line of it makes no sense.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            columns, rows = set(reader.fieldnames or ()), list(reader)
    except (OSError, ValueError, csv.Error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise OptionError(f"cannot read peers from {path}: {why.lower()}") from None
    if not columns.issuperset(_COLUMNS):
        raise OptionError(f"{path}: the first line must name the columns {', '.join(_COLUMNS)}")
    peers = []
    for number, row in enumerate(rows, start=2):
        try:
            pck, error_mm = (float(row[column]) if row[column] else None for column in ("pck", "pa_mpjpe_mm"))
            peers.append(Peer(row["name"], _positive(row["fps"]), pck, error_mm))
        except (TypeError, ValueError):
            raise OptionError(f"{path}, line {number}: expected numbers in {', '.join(_COLUMNS[1:])}") from None
    return peers


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value
