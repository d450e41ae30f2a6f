"""Human3.6M as h36m-fetch leaves it: one annot.h5 per recording with all cameras in a row, pictures in imageSequence/."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from sspnet_train.data.camera import fit_camera
from sspnet_train.data.human36m_actions import JOINTS_OF_32, action_of
from sspnet_train.data.pictures import frames_at
from sspnet_train.data.readable import readable
from sspnet_train.data.recordings import Recording, rows_of
from sspnet_train.errors import DataError


def annotation_files(folder: Path, subjects: Sequence[str]) -> list[Path]:
    return sorted(path for subject in subjects for path in folder.glob(f"{subject}/*/annot.h5"))


def recordings_from_h5(folder: Path, subjects: Sequence[str]) -> Iterator[Recording]:
    """The recordings of some subjects.

    Poses in millimetres are the camera's own ("pose/3d"). Where these are missing, they are Human3.6M's universal skeleton
    ("pose/3d-univ").
    """
    try:
        import h5py
    except ImportError:
        raise DataError("human36m: annot.h5 files need h5py: pip install h5py") from None
    for path in annotation_files(folder, subjects):
        with readable(path, "annot.h5 of h36m-fetch"), h5py.File(path, "r") as file:
            in_mm = next((name for name in ("pose/3d", "pose/3d-univ") if name in file), None)
            if in_mm is None or "pose/2d" not in file:
                raise DataError(f"human36m: {path} has no pose/2d with pose/3d or pose/3d-univ; is it h36m-fetch's?")
            pixels, joints = rows_of(file["pose/2d"][()], JOINTS_OF_32), rows_of(file[in_mm][()], JOINTS_OF_32)
            cameras, numbers = file["camera"][()], file["frame"][()] - 1
        for camera_name in np.unique(cameras):
            frames = frames_at([path.parent / "imageSequence" / str(camera_name)])
            if frames is None:
                continue
            mine = np.flatnonzero(cameras == camera_name)
            camera, _ = fit_camera(joints[mine].reshape(-1, 3), pixels[mine].reshape(-1, 2))
            name = f"{path.parent.parent.name}/{path.parent.name}.{camera_name}"
            yield Recording(name, action_of(path.parent.name), frames, pixels[mine], joints[mine], camera, numbers[mine])
