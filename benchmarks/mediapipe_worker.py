"""MediaPipe's whole pose pipeline in an environment of its own (mediapipe 0.10 wants numpy 1): driven over pipes by `peers.py`.

python mediapipe_worker.py VARIANT FRAMES.npy    then on standard input: how many frames to time next; ends with it
Answers one line of JSON: {"ms": [...], "found": how many of these frames showed a person}.
"""

from __future__ import annotations

import json
import sys
import time

import mediapipe
import numpy as np
from frames import there_and_back

VARIANTS = ("lite", "full", "heavy")


def main() -> None:
    images = np.load(sys.argv[2], mmap_mode="r")
    complexity, index = VARIANTS.index(sys.argv[1]), 0
    with mediapipe.solutions.pose.Pose(model_complexity=complexity, smooth_landmarks=True) as pose:
        print(json.dumps({"ms": [], "found": 0}), flush=True)
        for line in sys.stdin:
            elapsed, found = [], 0
            for _ in range(int(line)):
                image = np.array(images[there_and_back(index, len(images))])
                begin = time.perf_counter()
                result = pose.process(image)
                elapsed.append((time.perf_counter() - begin) * 1000)
                found += result.pose_landmarks is not None
                index += 1
            print(json.dumps({"ms": elapsed, "found": found}), flush=True)


if __name__ == "__main__":
    main()
