"""people3d: photographs of people with one agreed 2D and 3D pose per crop (labels.npz, labels3d.npz, photos_NN.tar)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.data.tar_images import TarImages
from sspnet_train.errors import DataError

JOINT_OF_HAND = {11: 9, 14: 8, 12: 10, 15: 7, 13: 11, 16: 6, 4: 3, 1: 2, 5: 4, 2: 1, 6: 5, 3: 0}
"""Human3.6M's joint -> row of LSP Extended's hand labels."""


def recognises(folder: Path) -> bool:
    return (folder / "labels3d.npz").is_file()


def people3d(folder: Path, split: Literal["train", "val"]) -> SampleSource:
    """The crops of a split. In `val` the keypoints are the hand labels themselves (limb joints only, weight 1 or 0)."""
    labels_path, agreed_path, shards = folder / "labels.npz", folder / "labels3d.npz", sorted(folder.glob("photos_*.tar"))
    if not (labels_path.is_file() and agreed_path.is_file() and shards):
        raise DataError(f"people3d: expected labels.npz, labels3d.npz and photos_*.tar in {folder}")
    labels, agreed = np.load(labels_path), np.load(agreed_path)
    images = TarImages(shards)
    rows = np.flatnonzero(labels["split"] == split)
    names, boxes, hands = labels["name"][rows], labels["box"][rows], labels["hand"][rows]
    keypoints, weight = agreed["keypoints"][rows].astype(np.float32), agreed["weight"][rows].astype(np.float32)
    joints3d, weight_depth = agreed["joints3d"][rows].astype(np.float32), agreed["weight_z"][rows].astype(np.float32)

    def read(index: int) -> Sample:
        points, trust = keypoints[index].copy(), np.nan_to_num(weight[index]).copy()
        if split == "val":
            points, trust = _hand_labelled(hands[index])
        return Sample(
            images.read(str(names[index])), boxes[index], np.nan_to_num(points), trust, joints3d[index][:, 2],
            weight_depth[index], joints3d[index], name=str(names[index]),
        )  # fmt: skip

    return SampleSource(f"people3d/{split}", len(rows), read)


def _hand_labelled(hand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points, weight = np.full((17, 2), np.nan, np.float32), np.zeros(17, np.float32)
    for joint, row in JOINT_OF_HAND.items():
        points[joint] = hand[row, :2]
        weight[joint] = np.isfinite(hand[row, 0])
    points[0], points[8] = (points[1] + points[4]) / 2, (points[11] + points[14]) / 2
    return points, weight
