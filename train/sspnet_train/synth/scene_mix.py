"""How often scenes are out of the ordinary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from sspnet_train.errors import TrainingOptionError


class SceneMixError(TrainingOptionError):
    """A share that scenes cannot have."""


@dataclass(frozen=True)
class SceneMix:
    """Shares of all pictures, 0..1. Each is drawn on its own.

    Attributes:
        tilted: the camera looks down or up by 20-60°.
        rolled: it is rolled by up to 45°.
        wide: it is near (1.1-2.6 m) with a wide lens, the person up to 35° from its axis.
        far: it is 9-25 m away with a long lens.
        seated: the person is on a seat.
        company: one or two more people are about.
        crowd: three to seven more are.
        hidden_face: the face is blurred, covered or masked.
    """

    tilted: float = 0.3
    rolled: float = 0.15
    wide: float = 0.12
    far: float = 0.12
    seated: float = 0.1
    company: float = 0.4
    crowd: float = 0.08
    hidden_face: float = 0.12

    def __post_init__(self) -> None:
        for field in fields(self):
            share = getattr(self, field.name)
            if not 0 <= share <= 1:
                raise SceneMixError(f"the share of {field.name} must be from 0 to 1, got {share:g}")
        if self.wide + self.far > 1 or self.company + self.crowd > 1:
            raise SceneMixError("the shares of wide and far, and those of company and crowd, must not add up to more than 1")


def parse_mix(words: Iterable[str]) -> SceneMix:
    """The usual mix with other shares: ["tilted=0.5", "far=0"].

    Raises:
        SceneMixError: a name or a share cannot be.
    """
    known = [field.name for field in fields(SceneMix)]
    shares: dict[str, float] = {}
    for word in words:
        name, _, share = word.partition("=")
        try:
            shares[name] = float(share)
        except ValueError:
            raise SceneMixError(f"expected a share such as tilted=0.5, got {word!r}") from None
        if name not in known:
            raise SceneMixError(f"there is no share called {name!r}; choose from {', '.join(known)}")
    return replace(SceneMix(), **shares)
