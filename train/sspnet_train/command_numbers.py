"""Whole numbers on a command line, refused there where they are too small to mean anything."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable


def at_least(first: int) -> Callable[[str], int]:
    """The `type` of an argparse option: whole numbers from `first` on. Others end the command with one line and exit code 2."""

    def number(word: str) -> int:
        try:
            value = int(word)
        except ValueError:
            raise ArgumentTypeError(f"{word!r} is not a whole number") from None
        if value < first:
            raise ArgumentTypeError(f"{value} means nothing here: it starts from {first}")
        return value

    return number
