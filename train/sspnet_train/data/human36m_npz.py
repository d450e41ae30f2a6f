"""Human3.6M as VideoPose3D packs it (world coordinates in metres), with human36m-camera-parameters' cameras and distortion."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sspnet_train.data.camera import Camera
from sspnet_train.data.human36m_actions import JOINTS_OF_32, action_of, pictures_of
from sspnet_train.data.pictures import frames_at
from sspnet_train.data.plain_pickle import read_object
from sspnet_train.data.readable import readable
from sspnet_train.data.recordings import Recording, rows_of
from sspnet_train.errors import DataError

POSES, CAMERAS = "data_3d_h36m.npz", "camera-parameters.json"


def recordings_from_npz(folder: Path, subjects: Sequence[str]) -> Iterator[Recording]:
    if not (folder / CAMERAS).is_file():
        raise DataError(f"human36m: expected {CAMERAS} (from human36m-camera-parameters) beside {POSES} in {folder}")
    with readable(folder / CAMERAS, "cameras of Human3.6M"):
        document = json.loads((folder / CAMERAS).read_bytes())
        cameras = {name: _camera(intrinsics) for name, intrinsics in document["intrinsics"].items()}
    for subject, recording, world_mm in _poses(folder / POSES, subjects):
        for name, camera in cameras.items():
            frames = frames_at(pictures_of(folder, subject, recording, name))
            if frames is not None:
                with readable(folder / CAMERAS, "cameras of Human3.6M"):
                    joints = _in_camera(world_mm, document["extrinsics"][subject][name])
                pixels = camera.project(joints.astype(np.float64)).astype(np.float32)
                title = f"{subject}/{recording}.{name}"
                yield Recording(title, action_of(recording), frames, pixels, joints, camera, np.arange(len(joints)))


def _poses(path: Path, subjects: Sequence[str]) -> list[tuple[str, str, np.ndarray]]:
    """Subject, recording and poses (F, 17, 3) in mm of the world."""
    poses, found = read_object(path, "positions_3d"), []
    with readable(path, "poses of VideoPose3D"):
        for subject in subjects:
            for recording, world in poses.get(subject, {}).items():
                world_mm = 1000.0 * rows_of(np.asarray(world), JOINTS_OF_32 if world.shape[1] == 32 else range(17))
                found.append((subject, recording, world_mm))
    return found


def _camera(intrinsics: dict[str, Any]) -> Camera:
    (fx, _, cx), (_, fy, cy), _ = intrinsics["calibration_matrix"]
    k1, k2, p1, p2, k3 = intrinsics["distortion"]
    return Camera((fx, fy), (cx, cy), (k1, k2, k3), (p1, p2))


def _in_camera(world_mm: np.ndarray, extrinsics: dict[str, Any]) -> np.ndarray:
    """x_camera = R·x_world + t, millimetres."""
    return (world_mm @ np.array(extrinsics["R"]).T + np.array(extrinsics["t"]).reshape(3)).astype(np.float32)
