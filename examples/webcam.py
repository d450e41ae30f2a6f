"""A camera in a window, with skeletons and their 3D view; q ends it.

    python examples/webcam.py                       # the first camera at 30 frames per second
    python examples/webcam.py 1 --target-fps 60 --people 2
    python examples/webcam.py rtsp://camera/stream --out overlay.mp4

A window needs opencv-python instead of opencv-python-headless.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2

from sspnet_sdk import Capture, Estimator, Overlay, OverlayVideo, SSPNetError, stream


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", default="0", help="camera number, address, or a video file")
    parser.add_argument("--target-fps", type=float, default=30)
    parser.add_argument("--people", type=int, default=1)
    parser.add_argument("--out", type=Path, help="write a video instead of opening a window; Ctrl-C completes it")
    given = parser.parse_args()

    estimator = Estimator(target_fps=given.target_fps)
    with Capture(given.source, fps=given.target_fps) as capture:
        frames = stream(capture, estimator, people=given.people)
        if given.out:
            record(frames, given.out, capture)
        else:
            show(frames)


def show(frames) -> None:
    overlay = Overlay()
    try:
        for frame in frames:
            cv2.imshow("sspnet-sdk", overlay.draw_frame(frame))
            if cv2.waitKey(1) & 0xFF in (27, ord("q")):
                break
    except cv2.error:
        raise SystemExit(
            "Error: this OpenCV cannot open windows: pip uninstall opencv-python-headless, then pip install opencv-python; "
            "or give --out"
        ) from None
    finally:
        frames.close()


def record(frames, path: Path, capture: Capture) -> None:
    video = OverlayVideo(path, capture.fps)
    try:
        for frame in frames:
            video.write(frame)
    except KeyboardInterrupt:
        pass
    finally:
        frames.close()
        video.close()


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
