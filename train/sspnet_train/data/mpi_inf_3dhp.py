"""MPI-INF-3DHP (Mehta et al. 2017): eight people filmed by 14 cameras, and a test set of six videos.

Expected: `S1/Seq1/annot.mat` with `S1/Seq1/imageSequence/video_0.avi` (or extracted frames in `imageSequence/video_0/`, named
by numbers from 1), and `mpi_inf_3dhp_test_set/TS1/annot_data.mat` with `TS1/imageSequence/img_000001.jpg`. Cameras are
recovered from the poses, which come in pixels and in millimetres.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from sspnet_train.data.camera import fit_camera
from sspnet_train.data.pictures import frames_at
from sspnet_train.data.readable import readable
from sspnet_train.data.recordings import Recording, rows_of, source_of
from sspnet_train.data.sample import SampleSource
from sspnet_train.errors import DataError

JOINTS_OF_28 = (4, 23, 24, 25, 18, 19, 20, 3, 5, 6, 7, 9, 10, 11, 14, 15, 16)
JOINTS_OF_TEST = (14, 8, 9, 10, 11, 12, 13, 15, 1, 16, 0, 5, 6, 7, 2, 3, 4)
ACTIVITIES = ("StdWalk", "Exer", "SitChair", "CrouchReach", "OnFloor", "Sport", "Misc")
"""Table 3's names, in the order of the test set's activity_annotation (1…7)."""
LAYOUT = {
    "train": "S1/Seq1/annot.mat and S1/Seq1/imageSequence/video_0.avi",
    "val": "mpi_inf_3dhp_test_set/TS1/annot_data.mat and TS1/imageSequence/img_000001.jpg",
}
MOST_ERROR_PX = 5.0


def recognises(folder: Path) -> bool:
    return any(folder.glob("S*/Seq*/annot.mat")) or _test_folder(folder) is not None


def mpi_inf_3dhp(folder: Path, split: Literal["train", "val"]) -> SampleSource:
    """MPI-INF-3DHP's people. Poses are not normalised.

    `train` is every frame of S1 to S8 that has a picture. `val` is the valid frames of the test set.
    """
    recordings = _training(folder) if split == "train" else _test(folder)
    source = source_of(f"mpi-inf-3dhp/{split}", recordings)
    if not len(source):
        raise DataError(f"mpi-inf-3dhp: no labelled frame with a picture in {folder}; expected {LAYOUT[split]}")
    return source


def _training(folder: Path) -> Iterator[Recording]:
    for path in sorted(folder.glob("S*/Seq*/annot.mat")):
        try:
            from scipy.io import loadmat
        except ImportError:
            raise DataError("mpi-inf-3dhp: annot.mat files need SciPy: pip install scipy") from None
        with readable(path, "annot.mat of MPI-INF-3DHP"):
            annotation = loadmat(path, variable_names=["annot2", "annot3", "cameras"])
            numbers = [int(number) for number in np.ravel(annotation["cameras"])]
        for place, number in enumerate(numbers):
            video = path.parent / "imageSequence" / f"video_{number}"
            frames = frames_at([video, video.with_suffix(".avi")])
            if frames is not None:
                with readable(path, "annot.mat of MPI-INF-3DHP"):
                    in_mm = rows_of(annotation["annot3"][place, 0].reshape(-1, 28, 3), JOINTS_OF_28)
                    pixels = rows_of(annotation["annot2"][place, 0].reshape(-1, 28, 2), JOINTS_OF_28)
                name = f"{path.parent.parent.name}/{path.parent.name}/video_{number}"
                yield _recording(name, "", frames, pixels, in_mm, np.arange(len(in_mm)))


def _test_folder(folder: Path) -> Path | None:
    places = (folder / "mpi_inf_3dhp_test_set", folder)
    return next((place for place in places if any(place.glob("TS*/annot_data.mat"))), None)


def _test(folder: Path) -> Iterator[Recording]:
    try:
        import h5py
    except ImportError:
        raise DataError("mpi-inf-3dhp: the test set's annot_data.mat (MATLAB 7.3) needs h5py: pip install h5py") from None
    for path in sorted((_test_folder(folder) or folder).glob("TS*/annot_data.mat")):
        frames = frames_at([path.parent / "imageSequence"])
        if frames is None:
            raise DataError(f"mpi-inf-3dhp: expected imageSequence/img_000001.jpg beside {path}")
        with readable(path, "annot_data.mat of MPI-INF-3DHP's test set"), h5py.File(path, "r") as file:
            valid = np.flatnonzero(np.ravel(file["valid_frame"][()]) == 1)
            in_mm = rows_of(file["annot3"][()].reshape(-1, 17, 3)[valid], JOINTS_OF_TEST)
            pixels = rows_of(file["annot2"][()].reshape(-1, 17, 2)[valid], JOINTS_OF_TEST)
            activity = np.ravel(file["activity_annotation"][()])[valid].astype(int)
        for number in np.unique(activity):
            mine = activity == number
            yield _recording(path.parent.name, ACTIVITIES[number - 1], frames, pixels[mine], in_mm[mine], valid[mine])


def _recording(name: str, action: str, frames, pixels: np.ndarray, in_mm: np.ndarray, numbers: np.ndarray) -> Recording:
    camera, error = fit_camera(in_mm.reshape(-1, 3), pixels.reshape(-1, 2))
    if error > MOST_ERROR_PX:
        raise DataError(f"mpi-inf-3dhp: {name}: annot3 does not project onto annot2 ({error:.0f} px off): is the file damaged?")
    return Recording(name, action, frames, pixels, in_mm, camera, numbers)
