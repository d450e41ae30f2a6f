"""Write tracking_trace.json: what a tracker is shown and which ids it gives, for other languages to replay.

python tests/output/record_tracking_trace.py
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from made_people import make_pose

from sspnet_sdk.bundles.thresholds import SCHEMA_1, read_poses
from sspnet_sdk.people.identity import Identities, Sighting, Track

TRACE = Path(__file__).with_name("tracking_trace.json")
FPS, BOUNDS = 15.0, (1000, 480)


def look_of_colour(colour: int) -> np.ndarray:
    """(2, 144): clothes of one colour."""
    look = np.zeros((2, 144), np.float32)
    look[:, colour] = 1.0
    return look


def replay(frames: list[list[dict[str, Any]]]) -> list[list[int]]:
    """The id of each sighting, frame by frame; 0: not confirmed yet."""
    ids, given = Identities(read_poses(SCHEMA_1["poses"])), []
    for index, sightings in enumerate(frames):
        seen = [_sighting(one) for one in sightings]
        given.append(step(ids, seen, index / FPS))
    return given


def _sighting(one: dict[str, Any]) -> Sighting:
    keypoints = np.array(one["keypoints"], np.float32)
    pose = replace(make_pose(), keypoints=keypoints, box=np.array(one["box"], np.float32))
    return Sighting(pose, look_of_colour(one["colour"]))


def step(ids: Identities, sightings: list[Sighting], time_s: float) -> list[int]:
    """Show one frame; the ids of the sightings, in order."""
    followed = ids.followed
    pairs = ids.match(sightings, time_s, [*followed, *ids.lost])
    for sighting in sightings:
        if not any(sighting is other for _, other in pairs):
            track = Track(ids.steady_box(sighting.pose.box, time_s), time_s)
            ids.tracks.append(track)
            pairs.append((track, sighting))
    for track, sighting in pairs:
        ids.see(track, sighting, time_s, BOUNDS)
    for track in followed:
        if not any(track is seen for seen, _ in pairs):
            ids.miss(track)
    ids.compare_looks(pairs)
    ids.forget(time_s)
    return [next(track.id for track, seen in pairs if seen is sighting) for sighting in sightings]


def _shown() -> list[list[dict[str, Any]]]:
    """Two people cross, one hidden for a while; one goes away for two seconds; a ghost of one frame; a stranger."""
    rng, frames = np.random.default_rng(0), []
    for index in range(75):
        people = [(100 + 16 * index, 3), (580 - 16 * index, 90)] if index < 30 else [(560, 3)]
        if 13 <= index <= 17:
            people = people[1:]
        if index == 5:
            people.append((850, 40))
        if index >= 62:
            people.append((880, 90))
        if index >= 68:
            people.append((120, 140))
        frames.append([_detection(x, colour, rng) for x, colour in people])
    return frames


def _detection(x: float, colour: int, rng: np.random.Generator) -> dict[str, Any]:
    pose = make_pose(centre=(x, 240.0))
    keypoints = pose.keypoints + rng.normal(0, 1.5, pose.keypoints.shape)
    return {"keypoints": keypoints.round(1).tolist(), "box": pose.box.round(1).tolist(), "colour": colour}


if __name__ == "__main__":
    shown = _shown()
    TRACE.write_text(
        json.dumps({"fps": FPS, "width": BOUNDS[0], "height": BOUNDS[1], "frames": shown, "ids": replay(shown)}) + "\n"
    )
