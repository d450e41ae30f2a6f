"""Plain tables for terminals and logs."""

from __future__ import annotations

from collections.abc import Sequence

import click


def show_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as they must be; what looks like a number stands right."""
    widths = [max(len(line[column]) for line in (header, *rows)) for column in range(len(header))]
    right = [bool(rows) and all(_is_number(row[column]) for row in rows) for column in range(len(header))]
    for line in (header, *rows):
        cells = (cell.rjust(width) if r else cell.ljust(width) for cell, width, r in zip(line, widths, right, strict=True))
        click.echo("  ".join(cells).rstrip())


def _is_number(text: str) -> bool:
    return text in ("", "-") or text[:1].isdigit()
