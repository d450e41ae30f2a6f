"""Paths, lists and words that a caller gave, which may be anything."""

from __future__ import annotations

import os
from collections.abc import Container
from pathlib import Path
from typing import Any

from sspnet_sdk.errors import OptionError


def given_path(path: Any) -> Path:
    """`path` as a `Path`.

    Raises:
        OptionError: it is none.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise OptionError(f"a file is named by a path, not by {type(path).__name__}")
    return Path(os.fsdecode(path))  # os.scandir's entries are no text, and those of a folder named by bytes give bytes


def given_list(values: Any, what: str = "boxes must be a list of (x, y, w, h)") -> list[Any]:
    """`values` as a list.

    Raises:
        OptionError: they are none; begins with `what`.
    """
    if isinstance(values, (str, bytes, os.PathLike)):
        raise OptionError(f"{what}, not {values!r:.80}")
    try:
        return list(values)
    except TypeError:
        raise OptionError(f"{what}, not {type(values).__name__}") from None


def is_word(value: Any, words: Container[str]) -> bool:
    """Whether `value` is one of some words."""
    return isinstance(value, str) and value in words
