"""synth3d: rendered people with exact labels (labels.npz, synth_NN.tar)."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Literal

import numpy as np

from sspnet_train.data.camera import Camera
from sspnet_train.data.label_file import read_labels
from sspnet_train.data.sample import Sample, SampleSource, canonical_scale
from sspnet_train.data.tar_images import TarImages
from sspnet_train.errors import DataError

_ROWS = {
    **{"name": (), "box": (4,), "keypoints": (None, 2), "joints3d": (None, 3)},
    **{"visible": (None,), "focal": (), "root_z": ()},
}
HELD_OUT_SHARE = 16
"""One source in so many is kept for validation."""


def recognises(folder: Path) -> bool:
    return any(folder.glob("synth_*.tar"))


def synth3d(folder: Path, split: Literal["train", "val"], name: str = "synth3d") -> SampleSource:
    """The rendered people of a split. Depth is a canonical adult's. There are 17 or 28 joints, as the labels have.

    `val` holds one source in `HELD_OUT_SHARE`, or what the labels' `split` says. A source is a recording or a mix of two. `train`
    never sees a recording that is held out, alone or in a mix; of the mixes in `val` it may see both recordings.
    """
    labels_path, archives = folder / "labels.npz", sorted(folder.glob("synth_*.tar"))
    if not (labels_path.is_file() and archives):
        raise DataError(f"{name}: expected labels.npz and synth_*.tar in {folder}")
    labels = read_labels(labels_path, _ROWS, ("split", "source"))
    images = TarImages(archives)
    rows = np.flatnonzero(_splits(labels) == split)

    def read(index: int) -> Sample:
        row = rows[index]
        joints3d = labels["joints3d"][row].astype(np.float32)
        scale, known = canonical_scale(joints3d), np.ones(len(joints3d), np.float32)
        picture = str(labels["name"][row])
        return Sample(
            images.read(picture), labels["box"][row], labels["keypoints"][row].astype(np.float32), known.copy(),
            joints3d[:, 2] * scale, known.copy(), joints3d, labels["visible"][row].astype(bool),
            float(labels["focal"][row]), float(labels["root_z"][row]), picture,
            _camera(joints3d, labels["keypoints"][row], float(labels["focal"][row]), float(labels["root_z"][row])),
        )  # fmt: skip

    return SampleSource(f"{name}/{split}", len(rows), read)


def _splits(labels: dict[str, np.ndarray]) -> np.ndarray:
    if "split" in labels:
        return labels["split"]
    return np.array([_split_of(source) for source in labels["source"].tolist()])


def _split_of(source: str) -> Literal["train", "val", "neither"]:
    if held_out(source):
        return "val"
    return "neither" if any(held_out(recording) for recording in source.split("+")) else "train"


def _camera(joints3d: np.ndarray, keypoints: np.ndarray, focal: float, root_z: float) -> Camera:
    """The crop's principal point, which labels.npz does not hold.

    It is the least-squares solution of u·Z = f·(X + X_root) + c·Z over the joints.
    """
    z = joints3d[:, 2].astype(np.float64) + root_z
    unknowns = np.stack([np.full(len(z), focal), z], axis=1)
    shifts = [keypoints[:, axis].astype(np.float64) * z - focal * joints3d[:, axis] for axis in range(2)]
    centre = [float(np.linalg.lstsq(unknowns, shift, rcond=None)[0][1]) for shift in shifts]
    return Camera((focal, focal), (centre[0], centre[1]))


def held_out(recording: str) -> bool:
    return recording != "photo" and zlib.crc32(recording.encode()) % HELD_OUT_SHARE == 0
