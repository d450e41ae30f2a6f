"""Several cameras, one network: people in all of them at the rate you ask for, side by side in one video.

    python examples/multi_camera.py 0 1 rtsp://door/stream --target-fps 15 --out cameras.mp4

Each camera is read in a thread of its own and tracked by itself; all share one estimator, whose budget is shared among them.
Frames that a camera made while the network was busy are dropped, so no camera lags.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from sspnet_sdk import Capture, Estimator, Overlay, SSPNetError, VideoFile, stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+", help="camera numbers, addresses or files")
    parser.add_argument("--target-fps", type=float, default=15, help="of each camera")
    parser.add_argument("--people", type=int, default=1, help="to follow in each camera")
    parser.add_argument("--height", type=int, default=360, help="of each picture in the video")
    parser.add_argument("--out", type=Path, default=Path("cameras.mp4"))
    given = parser.parse_args()

    estimator = Estimator(target_fps=given.target_fps * len(given.sources))
    captures = [Capture(source, fps=given.target_fps) for source in given.sources]
    streams = [stream(capture, estimator, people=given.people) for capture in captures]
    overlays = [Overlay(inset=False) for _ in captures]
    fps = given.target_fps if any(capture.live for capture in captures) else min(capture.fps for capture in captures)
    video, rounds = VideoFile(given.out, fps), 0
    try:
        for frames in zip(*streams, strict=False):  # the newest frame of each, until one of them ends
            pictures = [overlay.draw_frame(frame) for overlay, frame in zip(overlays, frames, strict=True)]
            video.write(np.hstack([resized(picture, given.height) for picture in pictures]))
            rounds += 1
    except KeyboardInterrupt:
        pass
    finally:
        for opened in (*streams, *captures, video):
            opened.close()
    print(f"{rounds} rounds of {len(captures)} cameras; wrote {given.out}")


def resized(picture: np.ndarray, height: int) -> np.ndarray:
    width = round(picture.shape[1] * height / picture.shape[0] / 2) * 2  # encoders want even sides
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
