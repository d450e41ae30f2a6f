"""Count somebody's squats in a video: a squat is a knee that bends below one angle and straightens above another.

python examples/squats.py training.mp4
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from sspnet_sdk import Estimator, Pose, SSPNetError, stream

DOWN_DEG, UP_DEG = 125.0, 150.0


def knee_angle(pose: Pose) -> float:
    """The mean of both knees, in degrees; 180 is straight."""
    return (pose.angle("left_knee") + pose.angle("right_knee")) / 2


def squats(angles: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """(time, knee angle) of each frame -> (time, deepest angle) of each squat, at the moment when it ends."""
    deepest = 180.0
    for time_s, angle in angles:
        deepest = min(deepest, angle)
        if angle > UP_DEG:
            if deepest < DOWN_DEG:
                yield time_s, deepest
            deepest = 180.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    given = parser.parse_args()

    frames = stream(given.video, Estimator(), people=1)
    sure = ((frame.time_s, person.pose) for frame in frames for person in frame.people if not person.pose.unsure)
    count = 0
    for time_s, deepest in squats((time_s, knee_angle(pose)) for time_s, pose in sure):
        count += 1
        print(f"{time_s:6.1f} s  squat {count}, down to {deepest:.0f} degrees")
    print(f"{count} squats")


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
