"""`Frame` and `Person`: what was seen in one picture of a source, as it goes to drawing and to files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import OptionError
from sspnet_sdk.pose import Pose


@dataclass(frozen=True, eq=False)
class Person:
    """A person in a frame. The `id` (1, 2, …) stays the same from frame to frame as long as the person is followed."""

    id: int
    pose: Pose


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture and the people in it.

    Attributes:
        image: (H, W, 3) uint8 BGR.
        source: the file as it was named, the camera, or the address.
        index: 0, 1, … in the source, dropped frames counted.
        time_s: seconds since the source's first frame; None for a picture.
        people: empty when nobody was found.
        fps: frames per second over the last second of a stream; None for a picture.
    """

    image: NDArray[np.uint8] = field(repr=False)
    source: str
    index: int
    time_s: float | None
    people: tuple[Person, ...]
    fps: float | None = None

    def sure(self) -> Frame:
        """The same frame without people whose pose is `unsure`."""
        return replace(self, people=tuple(person for person in self.people if not person.pose.unsure))


def check_frame(frame: Any) -> None:
    """That something is a `Frame`, as files and overlays take it.

    Raises:
        OptionError: it is something else.
    """
    if not isinstance(frame, Frame):
        raise OptionError(f"expected a Frame, as stream gives them, not {type(frame).__name__}")


def check_finite(frame: Frame, parts: Sequence[str]) -> None:
    """That `parts` of everybody's pose in a frame are finite.

    Raises:
        OptionError: names what is not, and whose.
    """
    for person in frame.people:
        for name in parts:
            values = getattr(person.pose, name)
            if values is not None and not np.isfinite(values).all():
                raise OptionError(
                    f"{frame.source}, frame {frame.index}: {name} of person {person.id} are not finite: leave them out"
                )
