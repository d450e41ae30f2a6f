"""Reads one field of a manifest: its type and its range, or one line that names the field."""

from __future__ import annotations

from typing import Any


class FieldError(ValueError):
    """A field is missing, of another type or out of range. The message goes on after "the manifest"."""


def entry(table: Any, name: str, of: str = "") -> Any:
    """The field `name` of the object `table`, which the manifest calls `of`."""
    if name not in object_(table, of or "the manifest"):
        raise FieldError(f"lacks {path(of, name)!r}")
    return table[name]


def path(of: str, name: str) -> str:
    return f"{of}.{name}" if of else name


def object_(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(what, "an object", value)
    return value


def items(value: Any, what: str, most: int, least: int = 0) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise _wrong(what, f"a list of {least} to {most}", value)
    return value


def text(value: Any, what: str, most: int = 1000) -> str:
    if not isinstance(value, str) or not len(value) <= most or any(ord(letter) < 32 for letter in value):
        raise _wrong(what, f"a line of at most {most} letters", value)
    return value


def number(value: Any, what: str, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise _wrong(what, f"a number from {least:g} to {most:g}", value)
    return float(value)


def whole(value: Any, what: str, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(what, f"a whole number from {least} to {most}", value)
    return value


def wholes(value: Any, what: str, least: int, most: int, longest: int) -> tuple[int, ...]:
    """A list of distinct whole numbers; one at least."""
    numbers = tuple(whole(one, what, least, most) for one in items(value, what, longest, least=1))
    if len(set(numbers)) < len(numbers):
        raise _wrong(what, "a list of distinct numbers", value)
    return numbers


def _wrong(what: str, wanted: str, value: Any) -> FieldError:
    shown = repr(value)[:200]
    return FieldError(f"is malformed: {what!r} must be {wanted}, not {shown if len(shown) <= 60 else shown[:57] + '...'}")
