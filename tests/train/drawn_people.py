"""Tiny people to train on, in memory and in the true layout of a data set."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import cv2
import numpy as np
from sspnet_train.data.sample import BODY_PARENTS, CANONICAL_BONES_MM, Sample, SampleSource

STANDING = {
    1: (-84, 0, 0), 2: (0, 421, 0), 3: (0, 415, 0), 4: (84, 0, 0), 5: (0, 421, 0), 6: (0, 415, 0),
    7: (0, -245, 0), 8: (0, -245, 0), 9: (0, -95, 0), 10: (0, -105, 0),
    11: (170, 0, 0), 12: (0, 278, 0), 13: (0, 256, 0), 14: (-170, 0, 0), 15: (0, 278, 0), 16: (0, 256, 0),
}  # fmt: skip


def person_mm(seed: int) -> np.ndarray:
    """A person (17, 3) in mm around the pelvis, whose limb bones have the canonical lengths and random directions."""
    rng, joints = np.random.default_rng(seed), np.zeros((17, 3))
    for joint in range(1, 17):
        bone = np.array(STANDING[joint], float) + rng.normal(0, 80, 3)
        length = CANONICAL_BONES_MM.get(joint, float(np.linalg.norm(STANDING[joint])))
        joints[joint] = joints[BODY_PARENTS[joint]] + bone * length / np.linalg.norm(bone)
    return joints


def drawn_person(seed: int, size: int = 160, focal: float = 300.0, root_z: float = 4000.0) -> Sample:
    """A drawn stick figure with all labels, seen by a camera that looks at its pelvis."""
    joints = person_mm(seed)
    z = joints[:, 2] + root_z
    keypoints = joints[:, :2] * focal / z[:, None] + size / 2
    image = np.random.default_rng(seed).integers(60, 120, (size, size, 3)).astype(np.uint8)
    for joint, parent in enumerate(BODY_PARENTS):
        if parent >= 0:
            ends = [tuple(int(v) for v in keypoints[j]) for j in (joint, parent)]
            cv2.line(image, ends[0], ends[1], (40 + 12 * joint, 250 - 12 * joint, 30 * (joint % 8)), 4)
    low, high = keypoints.min(axis=0), keypoints.max(axis=0)
    return Sample(
        image, np.concatenate([low, high - low]).astype(np.float32), keypoints.astype(np.float32), np.ones(17, np.float32),
        joints[:, 2].astype(np.float32), np.ones(17, np.float32), joints.astype(np.float32), np.ones(17, bool), focal, root_z,
        f"{seed}",
    )  # fmt: skip


def drawn_people(count: int = 12, first: int = 0) -> SampleSource:
    samples = [drawn_person(first + i) for i in range(count)]
    return SampleSource("drawn", count, samples.__getitem__)


def write_synth3d(folder: Path, count: int = 12) -> Path:
    """Drawn people in synth3d's layout; a third are of a recording that the reader holds out."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = [drawn_person(i) for i in range(count)]
    with tarfile.open(folder / "synth_00.tar", "w") as archive:
        for i, sample in enumerate(samples):
            encoded = cv2.imencode(".webp", sample.image[..., ::-1])[1].tobytes()
            member = tarfile.TarInfo(f"{i:05d}.webp")
            member.size = len(encoded)
            archive.addfile(member, io.BytesIO(encoded))
    np.savez(
        folder / "labels.npz", name=np.array([f"{i:05d}.webp" for i in range(count)]), shard=np.zeros(count, np.int16),
        box=np.stack([s.box for s in samples]), keypoints=np.stack([s.keypoints for s in samples]),
        joints3d=np.stack([s.joints3d for s in samples]), visible=np.ones((count, 17), bool),
        focal=np.full(count, 300.0, np.float32), root_z=np.full(count, 4000.0, np.float32),
        source=np.array(["held-10" if i % 3 == 0 else "photo" for i in range(count)]), people=np.ones(count, np.int8),
    )  # fmt: skip
    return folder
