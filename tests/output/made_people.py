"""People that move: made-up frames for everything that draws, smooths and writes."""

from __future__ import annotations

import numpy as np

from sspnet_sdk.frame import Frame, Person
from sspnet_sdk.pose import JOINT_PARENTS, Pose

WIDTH, HEIGHT = 640, 480
MM_PER_PIXEL = 5.0

# Directions of the bones of someone who stands facing the camera (x right, y down, z away), and their lengths in mm.
_DIRECTIONS = {
    **{1: (-1, 0, 0), 2: (0, 1, 0), 3: (0, 1, 0), 4: (1, 0, 0), 5: (0, 1, 0), 6: (0, 1, 0)},
    **{7: (0, -1, 0), 8: (0, -1, 0), 9: (0, -1, 0), 10: (0, -1, 0)},
    **{11: (1, 0, 0), 12: (0.3, 1, 0), 13: (0, 1, -0.4), 14: (-1, 0, 0), 15: (-0.3, 1, 0), 16: (0, 1, -0.4)},
    **{17: (0, -0.5, -1), 18: (0.6, -0.7, 0.3), 19: (-0.6, -0.7, 0.3), 20: (0.5, 0.2, 1), 21: (-0.5, 0.2, 1)},
    **{22: (0, 0.7, 0.5), 23: (0, 0.7, 0.5), 24: (0, 0.5, -1), 25: (0, 0.5, -1), 26: (1, 0, 0.4), 27: (-1, 0, 0.4)},
}
BONE_LENGTHS = {
    **{1: 84, 2: 421, 3: 415, 4: 84, 5: 421, 6: 415, 7: 250, 8: 250, 9: 100, 10: 110},
    **{11: 160, 12: 278, 13: 256, 14: 160, 15: 278, 16: 256},
    **{17: 110, 18: 45, 19: 45, 20: 90, 21: 90, 22: 70, 23: 70, 24: 190, 25: 190, 26: 75, 27: 75},
}


def turned(axis: np.ndarray, angle: float) -> np.ndarray:
    """Rotation matrix about an axis."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def moving_joints(time_s: float, seed: int = 0, count: int = 17) -> np.ndarray:
    """(count, 3) mm: every bone swings about an axis of its own, the hips stay in one line; bone lengths never change."""
    rng = np.random.default_rng(seed)
    joints = np.zeros((count, 3))
    body = turned(np.array([0.2, 1.0, 0.1]), 0.8 * np.sin(time_s))
    for joint in range(1, count):
        axis, reach, pace = rng.normal(size=3), rng.uniform(0.2, 1.4), rng.uniform(0.5, 3.0)
        swing = turned(axis, reach * np.sin(pace * time_s)) if joint not in (1, 4) else np.eye(3)
        direction = np.array(_DIRECTIONS[joint], float)
        joints[joint] = joints[JOINT_PARENTS[joint]] + body @ swing @ direction / np.linalg.norm(direction) * BONE_LENGTHS[joint]
    return joints


def make_pose(
    time_s: float = 0.0,
    seed: int = 0,
    centre: tuple[float, float] = (320.0, 240.0),
    confidence: float = 0.9,
    count: int = 17,
) -> Pose:
    """A pose whose keypoints are its 3D joints seen from the front."""
    joints = moving_joints(time_s, seed, count)
    keypoints = joints[:, :2] / MM_PER_PIXEL + centre
    low, high = keypoints.min(0), keypoints.max(0)
    return Pose(
        keypoints=keypoints.astype(np.float32),
        joints3d=joints.astype(np.float32),
        confidence=np.full(count, confidence, np.float32),
        box=np.concatenate([low - 10, high - low + 20]).astype(np.float32),
        cut=4,
        input_size=192,
        latency_ms=4.25,
    )


def make_frame(index: int, *people: Person, fps: float | None = 25.0, source: str = "walk.mp4") -> Frame:
    """A grey frame with people."""
    image = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    return Frame(image, source, index, None if fps is None else index / fps, people)


def write_all(writer: object, frames: list[Frame]) -> None:
    """Write frames and close."""
    for frame in frames:
        writer.write(frame)  # type: ignore[attr-defined]
    writer.close()  # type: ignore[attr-defined]
