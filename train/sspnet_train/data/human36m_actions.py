"""Names of Human3.6M's fifteen actions, which its own files and later packages spell differently; and its 17 joints of 32."""

from __future__ import annotations

import re
from pathlib import Path

JOINTS_OF_32 = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
ACTIONS = (
    "Directions", "Discussion", "Eating", "Greeting", "Phoning", "Posing", "Purchases", "Sitting", "SittingDown", "Smoking",
    "Photo", "Waiting", "Walking", "WalkDog", "WalkTogether",
)  # fmt: skip
NUMBER = re.compile(r"[ _-]?\d*$")
SPELLINGS = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog", "WalkingTogether": "WalkTogether"}


def action_of(recording: str) -> str:
    """ "WalkingDog 1", "WalkDog-2" -> "WalkDog"."""
    bare = NUMBER.sub("", recording)
    return SPELLINGS.get(bare, bare)


def pictures_of(folder: Path, subject: str, recording: str, camera: str) -> list[Path]:
    """Where the pictures of a recording may lie, under any spelling of its action. Extracted ones come first."""
    action, number = action_of(recording), "".join(NUMBER.findall(recording))
    spellings = [action, *(other for other, plain in SPELLINGS.items() if plain == action)]
    stems = [f"{spelling}{number}.{camera}" for spelling in spellings]
    return [
        *(folder / "images" / subject / stem for stem in stems),
        *(folder / subject / "Videos" / f"{stem}.mp4" for stem in stems),
    ]
