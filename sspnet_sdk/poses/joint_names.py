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
    near = _meant(spelt, known)
    raise OptionError(f"{what} {name!r}: " + (f"did you mean {near}?" if near else f"there are {', '.join(known)}"))


def _meant(spelt: str, known: Sequence[str]) -> str:
    """Both sides of a name without one ("knee"), else the nearest name ("leftknee" is the left one's); "" for none."""
    sides = [name for name in known if spelt and name.partition("-")[2] == spelt]
    if sides:
        return " or ".join(map(repr, sides))
    words = {side: word for word, side in _SIDES.items()}
    spellings = {name: name for name in known}
    spellings.update({"-".join([words[name[0]], name[2:]]): name for name in known if name[:2] in ("l-", "r-")})
    near = get_close_matches(spelt, spellings, n=1)
    return repr(spellings[near[0]]) if near else ""
