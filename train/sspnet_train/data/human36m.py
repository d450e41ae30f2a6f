"""Human3.6M (Ionescu et al. 2014) in three layouts, chosen by what lies in the folder:

- the official archive, unpacked: `S1/MyPoseFeatures/D2_Positions/*.cdf`, `.../D3_Positions_mono/*.cdf`, `S1/Videos/*.mp4`
  (`human36m_cdf.py`; needs cdflib; so does h36m-fetch's `extracted/` with `S1/Poses_D2_Positions/*.cdf`);
- h36m-fetch's `processed/`: `S1/Directions-1/annot.h5` and `imageSequence/54138969/img_000001.jpg` (`human36m_h5.py`; needs
  h5py);
- VideoPose3D's `data_3d_h36m.npz` with `camera-parameters.json` (`human36m_npz.py`).

The last and the first also take pictures from `images/S1/Directions 1.54138969/*.jpg`, named by frame numbers from 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sspnet_train.data.human36m_cdf import cdf_folders, recordings_from_cdf
from sspnet_train.data.human36m_h5 import annotation_files, recordings_from_h5
from sspnet_train.data.human36m_npz import POSES, recordings_from_npz
from sspnet_train.data.recordings import source_of
from sspnet_train.data.sample import SampleSource
from sspnet_train.errors import DataError

SUBJECTS = {"train": ("S1", "S5", "S6", "S7", "S8"), "val": ("S9", "S11")}
TEST_EVERY = 64
LAYOUT = (
    "S1/MyPoseFeatures/D3_Positions_mono/*.cdf and S1/Videos/*.mp4 (official), S1/Directions-1/annot.h5 (h36m-fetch), or "
    "data_3d_h36m.npz with camera-parameters.json and images/ (VideoPose3D)"
)


def recognises(folder: Path) -> bool:
    return (folder / POSES).is_file() or bool(annotation_files(folder, ["S*"])) or any(map(cdf_folders, folder.glob("S*")))


def human36m(folder: Path, split: Literal["train", "val"]) -> SampleSource:
    """Human3.6M's people.

    `train` is every frame of S1, S5, S6, S7 and S8 that has a picture. `val` is every 64th of S9 and S11, the test set of the
    paper.
    """
    subjects = SUBJECTS[split]
    if (folder / POSES).is_file():
        recordings = recordings_from_npz(folder, subjects)
    elif annotation_files(folder, subjects):
        recordings = recordings_from_h5(folder, subjects)
    else:
        recordings = recordings_from_cdf(folder, subjects)
    source = source_of(f"human36m/{split}", recordings, TEST_EVERY if split == "val" else 1)
    if not len(source):
        raise DataError(f"human36m: no labelled frame with a picture of {', '.join(subjects)} in {folder}; expected {LAYOUT}")
    return source
