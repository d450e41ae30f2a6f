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
from sspnet_train.data.recordings import Recording, rows_of
from sspnet_train.errors import DataError

POSES, CAMERAS = "data_3d_h36m.npz", "camera-parameters.json"


def recordings_from_npz(folder: Path, subjects: Sequence[str]) -> Iterator[Recording]:
    if not (folder / CAMERAS).is_file():
        raise DataError(f"human36m: expected {CAMERAS} (from human36m-camera-parameters) beside {POSES} in {folder}")
    cameras = json.loads((folder / CAMERAS).read_bytes())
    poses = read_object(folder / POSES, "positions_3d")
    for subject in subjects:
        for recording, world in poses.get(subject, {}).items():
            world_mm = 1000.0 * rows_of(np.asarray(world), JOINTS_OF_32 if world.shape[1] == 32 else range(17))
            for name, intrinsics in cameras["intrinsics"].items():
                frames = frames_at(pictures_of(folder, subject, recording, name))
                if frames is not None:
                    camera, joints = _camera(intrinsics), _in_camera(world_mm, cameras["extrinsics"][subject][name])
                    pixels = camera.project(joints.astype(np.float64)).astype(np.float32)
                    title = f"{subject}/{recording}.{name}"
                    yield Recording(title, action_of(recording), frames, pixels, joints, camera, np.arange(len(joints)))


def _camera(intrinsics: dict[str, Any]) -> Camera:
    (fx, _, cx), (_, fy, cy), _ = intrinsics["calibration_matrix"]
    k1, k2, p1, p2, k3 = intrinsics["distortion"]
    return Camera((fx, fy), (cx, cy), (k1, k2, k3), (p1, p2))


def _in_camera(world_mm: np.ndarray, extrinsics: dict[str, Any]) -> np.ndarray:
    """x_camera = R·x_world + t, millimetres."""
    return (world_mm @ np.array(extrinsics["R"]).T + np.array(extrinsics["t"]).reshape(3)).astype(np.float32)
