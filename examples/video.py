"""A video to an overlay, to a view of the skeletons in 3D that turns around them, and to a file of joints.

python examples/video.py walk.mp4 --out overlay.mp4 --view3d view3d.mp4 --json walk.jsonl
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from sspnet_sdk import Capture, Estimator, Frame, OverlayVideo, SSPNetError, VideoFile, open_writer, render_inset, stream


class TurningView:
    """The 3D skeletons alone, seen from a point that goes around them."""

    def __init__(self, path: Path, fps: float, size: int = 720, degrees_per_second: float = 30) -> None:
        self.file, self.step, self.azimuth = VideoFile(path, fps), degrees_per_second / fps, 0.0
        self.empty = np.zeros((size, size, 3), np.uint8)

    def write(self, frame: Frame) -> None:
        self.file.write(render_inset([person.pose for person in frame.people], self.empty, self.azimuth))
        self.azimuth += self.step

    def close(self) -> None:
        self.file.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    parser.add_argument("--out", type=Path, default=Path("overlay.mp4"), help="the video with skeletons on it")
    parser.add_argument("--view3d", type=Path, help="the skeletons in 3D as a video")
    parser.add_argument("--json", type=Path, help="a line of joints for each frame")
    parser.add_argument("--people", type=int, default=1)
    parser.add_argument("--target-fps", type=float, help="be no slower than this; else be as accurate as possible")
    given = parser.parse_args()

    estimator = Estimator(target_fps=given.target_fps)
    with Capture(given.video) as capture:
        writers = [OverlayVideo(given.out, capture.fps)]
        if given.view3d:
            writers.append(TurningView(given.view3d, capture.fps))
        if given.json:
            writers.append(open_writer("json", given.json))
        try:
            for frame in stream(capture, estimator, people=given.people):
                for writer in writers:
                    writer.write(frame)
        finally:  # Ctrl-C keeps what was done
            for writer in writers:
                writer.close()
    print(f"{frame.index + 1} frames with {estimator.backend} on {estimator.device}")


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
