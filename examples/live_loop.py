"""A live loop on frames of one's own: here OpenCV reads them, yours may come from Picamera2, RealSense or GStreamer.

    python examples/live_loop.py                        # the first camera at 30 frames per second
    python examples/live_loop.py walk.mp4 --people 2    # a file that plays in real time, as a camera would

Prints each second how many frames were seen and how many went by, and the left knee's angle of everybody; at the end, how many
frames there were.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator

import cv2
import numpy as np

from sspnet_sdk import Estimator, SSPNetError


def camera(source: str, fps: float) -> Iterator[tuple[np.ndarray, float]]:
    """Frames with the seconds at which they were taken; replace this by your own."""
    video = cv2.VideoCapture(int(source) if source.isdigit() else source)
    try:
        begin, count = time.monotonic(), 0
        while True:
            taken, image = video.read()
            if not taken:
                return
            count += 1
            time.sleep(max(0.0, begin + count / fps - time.monotonic()))  # a camera waits by itself
            yield image, time.monotonic() - begin
    finally:
        video.release()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", default="0", help="camera number or a video file")
    parser.add_argument("--target-fps", type=float, default=30)
    parser.add_argument("--people", type=int, help="how many to follow at most; else everybody")
    given = parser.parse_args()

    with Estimator(target_fps=given.target_fps) as estimator:
        seen, second = 0, 1
        for frame in estimator.stream(camera(given.source, given.target_fps), people=given.people, live=True):
            seen += 1
            if frame.time_s >= second:
                knees = ", ".join(f"person {one.id}: {one.pose.angle('left_knee'):.0f}°" for one in frame.people)
                print(f"{frame.time_s:5.1f} s  {seen} frames, {frame.index + 1 - seen} went by  {knees or 'nobody'}", flush=True)
                second = int(frame.time_s) + 1
        if not seen:
            raise SystemExit(f"Error: {given.source} gives no frames")
        print(f"the end after {seen} frames")


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
    except KeyboardInterrupt:
        print("bye")
