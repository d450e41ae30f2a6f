"""Find people in a whole image: with the finder in all of it, then from nearer. Poses settle what the finder doubts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from sspnet_sdk.finding.peaks import Answer, Found, Peaks, RunFinder
from sspnet_sdk.finding.person_box import iou
from sspnet_sdk.geometry.crop import Box, Crop, whole_image
from sspnet_sdk.images.image import Image

__all__ = ["Answer", "Found", "LookAt", "RunFinder", "find_people"]

LookAt = Callable[[Box], tuple[float, Box]]
"""Box → mean confidence of the pose in it, 0..1; the box around the joints that it sees (`box_of_seen_joints`)."""


def find_people(
    image: Image,
    peaks: Peaks,
    run_finder: RunFinder,
    looks: int,
    run_finer: RunFinder | None = None,
    look_at: LookAt | None = None,
) -> list[Found]:
    """People, the most prominent first.

    Args:
        image: the whole picture.
        peaks: reads the finder's maps, with the bundle's numbers.
        run_finder: the finder.
        looks: re-run the finder on a closer crop for up to so many small people. In the whole picture they have too few cells for
            a right box.
        run_finer: a finder of more cells. It runs where nobody is clear and no pose is believed.
        look_at: tells from the pose whether that is a person. It is asked where nobody is clear; poses then choose who comes
            first.
    """
    search = _PeakSearch(Crop.around(whole_image(image), 1.0), peaks, run_finder, looks)
    people = search.prominent_first(search.found_twice(search.once(run_finder)))
    if any(person.score > peaks.finder.clear for person in people):
        return people
    look_at = None if look_at is None else _each_box_once(look_at)
    if look_at is not None and people and (first := look_at(people[0].box))[0] >= peaks.poses.believed:
        return search.settled(people, first, look_at)
    if run_finer is not None:
        finer = [person for person in search.once(run_finer) if person.sure]
        people = search.prominent_first(peaks.distinct([*people, *search.found_twice(finer)]))
    return people if look_at is None or not people else search.confident_first(people, look_at)


@dataclass(frozen=True)
class _PeakSearch:
    whole: Crop
    peaks: Peaks
    run_finder: RunFinder
    looks: int

    def once(self, run_finder: RunFinder) -> list[Found]:
        """People in the whole picture."""
        return self.peaks.people(self.whole, run_finder(self.whole))

    def found_twice(self, people: list[Found]) -> list[Found]:
        """The large ones; and the `looks` most prominent of the small ones, as a closer crop shows them."""
        people, limit = self.prominent_first(people), self.peaks.finder.small_person * self.whole.side
        small = [person for person in people if person.longer_side < limit][: self.looks]
        large = [person for person in people if not person.longer_side < limit]
        return self.peaks.distinct([*large, *(self._from_nearer(person) for person in small)])

    def prominent_first(self, people: list[Found]) -> list[Found]:
        return sorted(people, key=lambda person: -self._prominence(person))

    def confident_first(self, people: list[Found], look_at: LookAt) -> list[Found]:
        """The first few in the order of prominence x confidence of their poses."""
        count = self.peaks.finder.candidates
        few = [(person, look_at(person.box)) for person in people[:count]]
        few.sort(key=lambda pair: -pair[1][0] * self._prominence(pair[0]))
        return self.settled([*(person for person, _ in few), *people[count:]], few[0][1], look_at)

    def settled(self, people: list[Found], seen: tuple[float, Box], look_at: LookAt) -> list[Found]:
        """The first gets the box that their pose implies, if the pose in that box is no less confident."""
        confidence, box = seen
        if look_at(box)[0] < confidence:
            return people
        first = replace(people[0], box=box)
        return [first, *(person for person in people[1:] if not self.peaks.same(person, first))]

    def _prominence(self, person: Found) -> float:
        """A person at the border counts less, because photographs are taken of whoever is in the middle."""
        half, middle = self.whole.side / 2, person.box[:2] + person.box[2:] / 2
        away = np.hypot(*(middle - np.array([self.whole.x, self.whole.y], np.float32) - half)) / half
        return self.peaks.rank(person) * float(np.exp(-self.peaks.finder.middle_first * away**2))

    def _from_nearer(self, person: Found) -> Found:
        nearer, overlap = Crop.around(person.box, self.peaks.finder.nearer), self.peaks.finder.nearer_overlap
        people = self.peaks.people(nearer, self.run_finder(nearer))
        again = [(one.score * (overlap + iou(one.box, person.box)), one) for one in people]
        return max(again, key=lambda pair: pair[0], default=(0.0, person))[1]


def _each_box_once(look_at: LookAt) -> LookAt:
    seen: dict[bytes, tuple[float, Box]] = {}

    def look_or_remember(box: Box) -> tuple[float, Box]:
        key = box.tobytes()
        if key not in seen:
            seen[key] = look_at(box)
        return seen[key]

    return look_or_remember
