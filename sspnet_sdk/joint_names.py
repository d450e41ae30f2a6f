"""A joint or an angle by the names that people give them: left_knee, l_knee, L-Knee, "left knee"."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from sspnet_sdk.errors import OptionError

_SIDES = {"left": "l", "right": "r"}


def canonical(name: str) -> str:
    """The spelling of `JOINT_NAMES`: l-knee."""
    words = name.strip().lower().replace("_", "-").replace(" ", "-").split("-")
    return "-".join([_SIDES.get(words[0], words[0]), *words[1:]])


def look_up(name: object, known: Sequence[str], what: str) -> int:
    """The number of `name` among `known`.

    Raises:
        OptionError: it is not among them; names the nearest, or all.
    """
    spelt = canonical(name) if isinstance(name, str) else ""
    if spelt in known:
        return known.index(spelt)
    near = get_close_matches(spelt, known, n=1)
    raise OptionError(f"{what} {name!r}: " + (f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"))
