"""Does a stream that runs for long hold its memory? Plays a video over and over through `stream()` and watches the process grow.

python benchmarks/soak.py --minutes 30
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from frames import FPS, HEIGHT, WIDTH, frames, there_and_back

from sspnet_sdk import Estimator
from sspnet_sdk.video import stream

_SETTLED_S = 60.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--target-fps", type=float, default=60)
    given = parser.parse_args()
    estimator, begin, seen, samples = Estimator(target_fps=given.target_fps), time.monotonic(), 0, []
    with tempfile.TemporaryDirectory() as folder:
        video = _write_video(Path(folder) / "video.mp4")
        while time.monotonic() - begin < 60 * given.minutes:
            for frame in stream(video, estimator):
                assert frame.people
                seen += 1
            samples.append((time.monotonic() - begin, resident_mb()))
    settled = np.array([sample for sample in samples if sample[0] > _SETTLED_S])
    slope = np.polyfit(settled[:, 0] / 60, settled[:, 1], 1)[0]
    first, last = settled[:5, 1].mean(), settled[-5:, 1].mean()
    print(f"{seen} frames in {given.minutes:g} minutes, {len(samples)} streams opened and closed")
    print(f"resident memory {first:.1f} MB after {_SETTLED_S:.0f} s, {last:.1f} MB at the end; {slope:+.3f} MB per minute")


def resident_mb() -> float:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


def _write_video(path: Path) -> Path:
    images = frames(30)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))
    for index in range(300):
        writer.write(images[there_and_back(index, len(images))])
    writer.release()
    return path


if __name__ == "__main__":
    main()
