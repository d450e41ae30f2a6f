"""people2d: people of COCO, MPII and PARSE labelled by hand (labels.npz, hand_NN.tar; pictures.npz for the split by picture)."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Literal

import numpy as np

from sspnet_train.data.coco import in_our_order
from sspnet_train.data.label_file import read_labels
from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.data.tar_images import TarImages
from sspnet_train.errors import DataError

_PERSON = {"box": (4,), "xy": (17, 2), "vis": (17,)}
HELD_OUT_PICTURES, HELD_OUT_CROPS = 5, 12
"""One in so many of COCO's whole pictures, with all its people, is kept for validation; of MPII, whose pictures are not named,
one crop in so many."""
SEEN_WEIGHT, HIDDEN_WEIGHT = 1.5, 1.2
"""A hand counts more than a teacher, whose weights end at 1."""
MPII_HIP_DROP = 0.0465
"""MPII's hips sit higher than COCO's by this share of the torso."""
SAME_SHAPE = 0.04
"""Two labels whose joints differ by less, as a share of the box, are of one person."""


def recognises(folder: Path) -> bool:
    return bool(list(folder.glob("hand_*.tar"))) and (folder / "labels.npz").is_file()


def people2d(folder: Path, split: Literal["train", "val"]) -> SampleSource:
    """The crops of a split. People whose left and right may be the viewer's (`lr` False) are left out."""
    labels_path, archives = folder / "labels.npz", sorted(folder.glob("hand_*.tar"))
    if not (labels_path.is_file() and archives):
        raise DataError(f"people2d: expected labels.npz and hand_*.tar in {folder}")
    labels = read_labels(labels_path, {"name": (), "source": (), "lr": (), **_PERSON})
    held_out = _of_held_out_pictures(labels, folder / "pictures.npz") | _held_out_crops(labels)
    rows = np.flatnonzero(labels["lr"] & (held_out == (split == "val")))
    images = TarImages(archives)

    def read(index: int) -> Sample:
        row = rows[index]
        keypoints, weight = _joints(labels["xy"][row], labels["vis"][row], str(labels["source"][row]))
        name = str(labels["name"][row])
        return Sample(images.read(name), labels["box"][row], keypoints, weight, name=name)

    return SampleSource(f"people2d/{split}", len(rows), read)


def _joints(coco: np.ndarray, vis: np.ndarray, source: str) -> tuple[np.ndarray, np.ndarray]:
    """COCO's joints (17, 2) and flags -> keypoints (28, 2) and weight (28,)."""
    coco = coco.astype(np.float32).copy()
    if source == "mpii" and vis[[5, 6, 11, 12]].all():
        coco[[11, 12]] += MPII_HIP_DROP * (coco[[11, 12]].mean(axis=0) - coco[[5, 6]].mean(axis=0))
    keypoints, labelled, seen = in_our_order(np.concatenate([coco, vis[:, None]], axis=1))
    return keypoints, labelled * np.where(seen, SEEN_WEIGHT, HIDDEN_WEIGHT).astype(np.float32)


def held_out_picture(name: str) -> bool:
    return zlib.crc32(name.encode()) % HELD_OUT_PICTURES == 0


def _held_out_crops(labels: dict[str, np.ndarray]) -> np.ndarray:
    chosen = [zlib.crc32(name.encode()) % HELD_OUT_CROPS == 0 for name in labels["name"].tolist()]
    return np.array(chosen) & (labels["source"] == "mpii")


def _of_held_out_pictures(labels: dict[str, np.ndarray], pictures_path: Path) -> np.ndarray:
    """Which crops (n,) show a person of a held-out picture. The shape of the labelled joints within the box tells."""
    if not pictures_path.is_file():
        raise DataError(f"people2d: expected pictures.npz in {pictures_path.parent}: crops are held out by picture")
    pictures = read_labels(pictures_path, {"picture": (), **_PERSON})
    rows = np.flatnonzero(labels["source"] == "coco")
    shapes, people = _shapes(labels, rows), _shapes(pictures, np.arange(len(pictures["picture"])))
    kinds: dict[bytes, list[int]] = {}
    for place, row in enumerate(rows):
        kinds.setdefault((labels["vis"][row] > 0).tobytes(), []).append(place)
    found = np.zeros(len(labels["name"]), bool)
    for person in np.flatnonzero([held_out_picture(name) for name in pictures["picture"].tolist()]):
        alike = kinds.get((pictures["vis"][person] > 0).tobytes(), [])
        if alike:
            apart = np.abs(shapes[alike] - people[person]).max(axis=(1, 2))
            found[rows[np.array(alike)[apart < SAME_SHAPE]]] = True
    return found


def _shapes(labels: dict[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    """Joints in shares of the box, unlabelled ones at 0. -> (n, 17, 2)."""
    boxes, vis = labels["box"][rows], labels["vis"][rows]
    shapes = (labels["xy"][rows] - boxes[:, None, :2]) / np.maximum(boxes[:, None, 2:], 1e-6)
    return np.where(vis[..., None] > 0, shapes, 0.0)
