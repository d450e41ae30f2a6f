"""people3d: photographs of people with one agreed 2D and 3D pose per crop (labels.npz, labels3d.npz, photos_NN.tar)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from sspnet_train.data.label_file import read_labels
from sspnet_train.data.sample import COCO_OF_FACE, JOINTS, Sample, SampleSource
from sspnet_train.data.tar_images import TarImages
from sspnet_train.errors import DataError

_ROWS = {
    **{"name": (), "split": (), "box": (4,), "hand": (14, 3)},
    **{"movenet": (17, 3), "blaze_xy": (33, 2), "blaze_world": (33, 3), "blaze_vis": (33,)},
}
_AGREED = {"keypoints": (17, 2), "weight": (17,), "joints3d": (17, 3), "weight_z": (17,)}
JOINT_OF_HAND = {11: 9, 14: 8, 12: 10, 15: 7, 13: 11, 16: 6, 4: 3, 1: 2, 5: 4, 2: 1, 6: 5, 3: 0}
"""Human3.6M's joint -> row of LSP Extended's hand labels."""
BLAZE_OF_FACE = {17: 0, 18: 2, 19: 5, 20: 7, 21: 8}
BLAZE_OF_FOOT = {22: (29, 27, 6), 23: (30, 28, 3), 24: (31, 27, 6), 25: (32, 28, 3)}
"""Heels and big toes: BlazePose's landmark, BlazePose's ankle, our ankle."""
AGREED_WITHIN_TORSO = 0.15
TEACHER_WEIGHT, TEACHER_DEPTH_WEIGHT = 0.6, 0.3


def recognises(folder: Path) -> bool:
    return (folder / "labels3d.npz").is_file()


def people3d(folder: Path, split: Literal["train", "val"]) -> SampleSource:
    """The crops of a split. In `val` the keypoints are the hand labels: limb joints only, with weight 1 or 0."""
    labels_path, agreed_path, archives = folder / "labels.npz", folder / "labels3d.npz", sorted(folder.glob("photos_*.tar"))
    if not (labels_path.is_file() and agreed_path.is_file() and archives):
        raise DataError(f"people3d: expected labels.npz, labels3d.npz and photos_*.tar in {folder}")
    labels, agreed = read_labels(labels_path, _ROWS), read_labels(agreed_path, _AGREED)
    if len(labels["name"]) != len(agreed["keypoints"]):
        raise DataError(f"people3d: {labels_path} and {agreed_path} must have as many rows")
    images = TarImages(archives)
    rows = np.flatnonzero(labels["split"] == split)
    names, boxes, hands = labels["name"][rows], labels["box"][rows], labels["hand"][rows]
    keypoints, weight = agreed["keypoints"][rows].astype(np.float32), agreed["weight"][rows].astype(np.float32)
    teachers = {key: labels[key][rows] for key in ("movenet", "blaze_xy", "blaze_world", "blaze_vis")}
    joints3d, weight_depth = agreed["joints3d"][rows].astype(np.float32), agreed["weight_z"][rows].astype(np.float32)

    def read(index: int) -> Sample:
        if split == "val":
            points, trust = _hand_labelled(hands[index])
            return Sample(
                images.read(str(names[index])), boxes[index], np.nan_to_num(points), trust, joints3d[index][:, 2],
                weight_depth[index], joints3d[index], name=str(names[index]),
            )  # fmt: skip
        of_person = {key: values[index] for key, values in teachers.items()}
        points, trust, depth, trust_depth = _with_face_and_feet(
            np.nan_to_num(keypoints[index]), np.nan_to_num(weight[index]), joints3d[index][:, 2], weight_depth[index], of_person
        )
        return Sample(
            images.read(str(names[index])), boxes[index], points, trust, depth, trust_depth, joints3d[index],
            name=str(names[index]),
        )  # fmt: skip

    return SampleSource(f"people3d/{split}", len(rows), read)


def _hand_labelled(hand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points, weight = np.full((17, 2), np.nan, np.float32), np.zeros(17, np.float32)
    for joint, row in JOINT_OF_HAND.items():
        points[joint] = hand[row, :2]
        weight[joint] = np.isfinite(hand[row, 0])
    points[0], points[8] = (points[1] + points[4]) / 2, (points[11] + points[14]) / 2
    return points, weight


def _with_face_and_feet(
    points: np.ndarray, trust: np.ndarray, depth: np.ndarray, trust_depth: np.ndarray, teachers: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The 17 agreed joints, and where the teachers agree, the face (their mean), heels and big toes (BlazePose's).

    Depths are BlazePose's, taken from the agreed joint next to them. Small toes have no teacher. Where BlazePose does not confirm
    a face, joints that MoveNet is sure of count half, without a depth.
    """
    movenet, blaze, world, seen = (
        teachers[key].astype(np.float32) for key in ("movenet", "blaze_xy", "blaze_world", "blaze_vis")
    )
    torso = max(float(np.linalg.norm(points[8] - points[0])), 1.0)
    xy, weight = np.zeros((JOINTS, 2), np.float32), np.zeros(JOINTS, np.float32)
    z, weight_z = np.zeros(JOINTS, np.float32), np.zeros(JOINTS, np.float32)
    xy[:17], weight[:17], z[:17], weight_z[:17] = points, trust, depth, trust_depth
    ears = world[[7, 8], 2].mean()
    for joint, row in COCO_OF_FACE.items():
        own, other = movenet[row], blaze[BLAZE_OF_FACE[joint]]
        agree = np.linalg.norm(own[:2] - other) < AGREED_WITHIN_TORSO * torso
        xy[joint] = (own[:2] + other) / 2 if agree else own[:2]
        weight[joint] = TEACHER_WEIGHT * (own[2] if agree else own[2] * (own[2] > 0.5) * 0.5) * (trust[10] > 0.2)
        z[joint] = depth[10] + world[BLAZE_OF_FACE[joint], 2] - ears
        weight_z[joint] = TEACHER_DEPTH_WEIGHT * agree * trust_depth[10]
    for joint, (landmark, blaze_ankle, ankle) in BLAZE_OF_FOOT.items():
        agree = trust[ankle] > 0.2 and np.linalg.norm(blaze[blaze_ankle] - points[ankle]) < AGREED_WITHIN_TORSO * torso
        xy[joint] = blaze[landmark] + (points[ankle] - blaze[blaze_ankle])
        weight[joint] = TEACHER_WEIGHT * agree * seen[landmark]
        z[joint] = depth[ankle] + world[landmark, 2] - world[blaze_ankle, 2]
        weight_z[joint] = TEACHER_DEPTH_WEIGHT * agree * seen[landmark] * trust_depth[ankle]
    nowhere = ~np.isfinite(xy).all(axis=1)
    no_depth = nowhere | ~np.isfinite(z)
    xy[nowhere], weight[nowhere], z[no_depth], weight_z[no_depth] = 0, 0, 0, 0
    return xy, np.nan_to_num(weight), z, np.nan_to_num(weight_z)
