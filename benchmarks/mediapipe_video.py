"""MediaPipe's whole pose pipeline over a video, in an environment of its own (mediapipe 0.10 wants numpy 1).

python mediapipe_video.py VARIANT VIDEO.mp4 raw|smoothed OUT.npy    OUT: (T, 33, 2) pixels, NaN where it found nobody

It finds and follows one person by itself. It takes every video for one of 30 frames per second.
"""

from __future__ import annotations

import sys

import cv2
import mediapipe
import numpy as np

VARIANTS = ("lite", "full", "heavy")
LANDMARKS = 33


def main() -> None:
    variant, video, smoothing, out = sys.argv[1:]
    capture, found = cv2.VideoCapture(video), []
    with mediapipe.solutions.pose.Pose(
        model_complexity=VARIANTS.index(variant), smooth_landmarks=smoothing == "smoothed"
    ) as pose:
        while (read := capture.read())[0]:
            landmarks = pose.process(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB)).pose_landmarks
            size = read[1].shape[1::-1]
            nobody = np.full((LANDMARKS, 2), np.nan)
            found.append(nobody if landmarks is None else np.array([(one.x, one.y) for one in landmarks.landmark]) * size)
    np.save(out, np.array(found))


if __name__ == "__main__":
    main()
