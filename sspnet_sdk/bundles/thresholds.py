"""The numbers that a bundle's networks were tuned to: when a pose is believed, and how people are read off the finder's maps.

They stand in the manifest, since other weights want other numbers. A bundle of schema 1 has none and means `SCHEMA_1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from sspnet_sdk.bundles.fields import FieldError, entry, number, text, whole, wholes
from sspnet_sdk.pose import BODY_JOINTS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class PoseThresholds:
    """The manifest's `poses`. Confidences are means over the body's joints unless it says "joint".

    Attributes:
        sure: below this a pose is `unsure`.
        believed: from this on a pose is a person, where the finder doubts.
        seen: confidence from which a joint counts for a pose's box.
        fewest_seen: if at least so many joints do.
        margin_side: the person's box reaches so far beyond the joints left and right, as a share of their longer extent.
        margin_end: the same above and below.
        margin_unseen: share of that box's longer side that a first look at somebody may not have seen.
    """

    sure: float
    believed: float
    seen: float
    fewest_seen: int
    margin_side: float
    margin_end: float
    margin_unseen: float


@dataclass(frozen=True)
class SinglePersonCentres:
    """The manifest's `finder` of the decoder "single_person_centres": a centre map, guessed joints, and heat of each joint.

    Attributes:
        joints: numbers of the joints that have heat of their own.
        limbs: those of them whose mean heat is a person's score.
        centre_floor: likelihood of a cell that may be a person's centre.
        most_peaks: so many cells may be, at most.
        score_floor: of a person at all.
        sure_score: a person is sure from sure_score + sure_score_per_cell · cells on. `cells` is the map's width.
        sure_score_per_cell: see `sure_score`.
        most_cells: the width counts up to this.
        clear: score from which there is no doubt.
        cells_from_guess: a cell's heat counts by heat / (cells from the guess + this).
        far_from_guess: share of the guessed person's extent. Joints found further away are rather another person's.
        same_iou: boxes that overlap so much are one person's.
        same_joint: so are people of whose joints `shared_joints` lie within this share of the box's longer side.
        shared_joints: see `same_joint`.
        larger_first: a person's rank is score · (longer side)^larger_first.
        middle_first: it falls by exp(-middle_first · d²), d in half sides of the picture from its middle.
        small_person: share of the picture's longer side. Who is smaller is looked at again.
        nearer: in a crop of so many times their box.
        nearer_overlap: there a person's score counts by this + IoU with the box.
        candidates: where there is doubt, the most confident pose of so many is chosen.
    """

    joints: tuple[int, ...]
    limbs: tuple[int, ...]
    centre_floor: float
    most_peaks: int
    score_floor: float
    sure_score: float
    sure_score_per_cell: float
    most_cells: int
    clear: float
    cells_from_guess: float
    far_from_guess: float
    same_iou: float
    same_joint: float
    shared_joints: float
    larger_first: float
    middle_first: float
    small_person: float
    nearer: float
    nearer_overlap: float
    candidates: int

    def __post_init__(self) -> None:
        if not set(self.limbs) <= set(self.joints):
            raise FieldError("is malformed: 'finder.limbs' must be among 'finder.joints'")


@dataclass(frozen=True)
class CentresAndBoxes:
    """The manifest's `finder` of the decoder "centres_and_boxes": a map of people's centres, and a box for each cell.

    The graph takes pictures of any shape. The finder of an input size sees about (picture_scale · size)² · ¾ pixels, in the
    picture's own shape.

    Attributes:
        picture_scale: see above.
        stride: sides of the view are multiples of this.
        cell: of the maps, in pixels of the view, each way.
        centre_floor: likelihood of a cell that may be a person's centre.
        most_peaks: so many cells may be, at most.
        same_iou: boxes that overlap so much are one person's.
        clear: likelihood from which there is no doubt.
        sure_score: likelihood from which a person is sure where no pose is looked at.
        sure_with_pose: the same for likelihood x mean confidence of the pose in the box, where a pose is looked at.
        worth_a_look: likelihood from which a pose is looked at. A manifest without it means `sure_with_pose`.
        larger_first: a person's rank is likelihood · (longer side)^larger_first.
        middle_first: it falls by exp(-middle_first · d²), d in half sides of the picture from its middle.
    """

    picture_scale: float
    stride: int
    cell: int
    centre_floor: float
    most_peaks: int
    same_iou: float
    clear: float
    sure_score: float
    sure_with_pose: float
    worth_a_look: float
    larger_first: float
    middle_first: float

    def __post_init__(self) -> None:
        if self.stride % self.cell:
            raise FieldError("is malformed: 'finder.stride' must be a multiple of 'finder.cell'")


Finder = SinglePersonCentres | CentresAndBoxes
"""The numbers of any decoder that this version knows."""

DECODERS: Mapping[str, type[Finder]] = {
    "single_person_centres": SinglePersonCentres,
    "centres_and_boxes": CentresAndBoxes,
}

_COUNTS = {"fewest_seen": (1, BODY_JOINTS), "most_peaks": (1, 1000), "most_cells": (1, 4096), "candidates": (1, 100)}
_COUNTS |= {"stride": (1, 256), "cell": (1, 64)}
_NUMBERS = {"cells_from_guess": (0.01, 100.0), "far_from_guess": (0.001, 100.0), "nearer": (1.0, 10.0)}
_NUMBERS |= {"picture_scale": (0.25, 8.0)}
_OTHERWISE = {"worth_a_look": "sure_with_pose"}
_NUMBERS |= {"larger_first": (0.0, 10.0), "middle_first": (0.0, 10.0), "nearer_overlap": (0.0, 10.0)}

SCHEMA_1: dict[str, Any] = {
    "poses": {
        "sure": 0.3,
        "believed": 0.7,
        "seen": 0.2,
        "fewest_seen": 5,
        "margin_side": 0.07,
        "margin_end": 0.1,
        "margin_unseen": 0.05,
    },
    "finder": {
        "decoder": "single_person_centres",
        "joints": [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16],
        "limbs": [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16],
        "centre_floor": 0.05,
        "most_peaks": 30,
        "score_floor": 0.15,
        "sure_score": 0.16,
        "sure_score_per_cell": 0.001875,
        "most_cells": 64,
        "clear": 0.5,
        "cells_from_guess": 1.8,
        "far_from_guess": 0.3,
        "same_iou": 0.5,
        "same_joint": 0.1,
        "shared_joints": 0.4,
        "larger_first": 0.125,
        "middle_first": 0.35,
        "small_person": 0.5,
        "nearer": 2.0,
        "nearer_overlap": 0.3,
        "candidates": 3,
    },
}
"""What a manifest of schema 1 means by saying nothing: the numbers that were compiled into its runtimes."""


def read_poses(section: Any) -> PoseThresholds:
    """The manifest's `poses`, checked.

    Raises:
        FieldError: names the field that is wrong.
    """
    return _read(PoseThresholds, section, "poses")


def read_finder(section: Any) -> Finder:
    """The manifest's `finder`, checked.

    Raises:
        FieldError: names the field that is wrong.
    """
    decoder = text(entry(section, "decoder", "finder"), "finder.decoder")
    if decoder not in DECODERS:
        raise FieldError(f"has the 'finder.decoder' {decoder!r}; this version of sspnet-sdk knows {', '.join(DECODERS)}")
    return _read(DECODERS[decoder], section, "finder")


_Numbers = TypeVar("_Numbers", bound="DataclassInstance")


def _read(kind: type[_Numbers], section: Any, of: str) -> _Numbers:
    values: dict[str, Any] = {}
    for name in (one.name for one in fields(kind)):
        value, what = _entry(section, name, of), f"{of}.{name}"
        if name in ("joints", "limbs"):
            values[name] = wholes(value, what, 0, BODY_JOINTS - 1, BODY_JOINTS)
        elif name in _COUNTS:
            values[name] = whole(value, what, *_COUNTS[name])
        else:
            values[name] = number(value, what, *_NUMBERS.get(name, (0.0, 1.0)))
    return kind(**values)


def _entry(section: Any, name: str, of: str) -> Any:
    absent = name in _OTHERWISE and name not in section
    return entry(section, _OTHERWISE[name] if absent else name, of)
