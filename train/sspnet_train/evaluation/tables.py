"""Tables of an evaluation: as text, as Markdown, as CSV."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from sspnet_train.whole_file import whole_file

Cell = str | float | int | None


@dataclass
class Table:
    """A table of results.

    Attributes:
        name: of its file, without ending.
        title: what it is, with units.
        columns: their names.
        rows: as many cells as columns, None where there is nothing.
    """

    name: str
    title: str
    columns: list[str]
    rows: list[list[Cell]]

    def markdown(self) -> str:
        lines = [self.columns, ["---"] * len(self.columns), *([_shown(cell) for cell in row] for row in self.rows)]
        return f"**{self.title}**\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

    def text(self) -> str:
        lines = [self.columns, *([_shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        shown = (
            "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths, strict=True)))
            for line in lines
        )
        return self.title + "\n" + "\n".join(line.rstrip() for line in shown)


def write_report(folder: Path, tables: list[Table], heading: str) -> None:
    """folder/report.md with all tables, and a CSV of each."""
    for table in tables:
        with whole_file(folder / f"{table.name}.csv") as partial, partial.open("w", newline="") as file:
            csv.writer(file).writerows([table.columns, *table.rows])
    with whole_file(folder / "report.md") as partial:
        partial.write_text(heading + "\n\n" + "\n".join(table.markdown() for table in tables), "utf-8")


def _shown(cell: Cell) -> str:
    if cell is None:
        return "–"
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)
