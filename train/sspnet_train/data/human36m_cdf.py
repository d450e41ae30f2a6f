"""Human3.6M from its official archive: poses in CDF files, cameras recovered from poses given in pixels and in millimetres."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from sspnet_train.data.camera import fit_camera
from sspnet_train.data.human36m_actions import JOINTS_OF_32, action_of, pictures_of
from sspnet_train.data.pictures import frames_at
from sspnet_train.data.readable import readable
from sspnet_train.data.recordings import Recording, rows_of
from sspnet_train.errors import DataError

log = logging.getLogger(__name__)

FOLDERS = (
    ("MyPoseFeatures/D2_Positions", "MyPoseFeatures/D3_Positions_mono"),
    ("Poses_D2_Positions", "Poses_D3_Positions_mono"),
)
MOST_ERROR_PX = 5.0


def cdf_folders(subject: Path) -> tuple[Path, Path] | None:
    """A subject's folders of 2D and 3D poses, as the archive or h36m-fetch unpacks them."""
    found = ((subject / in_pixels, subject / in_mm) for in_pixels, in_mm in FOLDERS)
    return next(((two, three) for two, three in found if two.is_dir() and three.is_dir()), None)


def recordings_from_cdf(folder: Path, subjects: Sequence[str]) -> Iterator[Recording]:
    for subject in subjects:
        folders = cdf_folders(folder / subject)
        if folders is None:
            log.warning("human36m: no %s/%s and %s in %s; going on without", subject, *FOLDERS[0], folder)
            continue
        for path in sorted(folders[1].glob("*.cdf")):
            if path.name.startswith("_ALL"):
                continue
            recording, camera_name = path.stem.rsplit(".", 1)
            frames = frames_at(pictures_of(folder, subject, recording, camera_name))
            if frames is not None:
                joints, pixels = _poses(path, 3), _poses(folders[0] / path.name, 2)
                camera, error = fit_camera(joints.reshape(-1, 3), pixels.reshape(-1, 2))
                if error > MOST_ERROR_PX:
                    raise DataError(
                        f"human36m: {path} does not project onto D2_Positions ({error:.0f} px off): mixed-up archives?"
                    )
                yield Recording(
                    f"{subject}/{path.stem}", action_of(recording), frames, pixels, joints, camera, np.arange(len(joints))
                )


def _poses(path: Path, dimensions: int) -> np.ndarray:
    """The poses of a file. -> (F, 17, 2 or 3)."""
    try:
        import cdflib
    except ImportError:
        raise DataError("human36m: the official archive's .cdf files need cdflib: pip install cdflib") from None
    if not path.is_file():
        raise DataError(f"human36m: {path} is missing beside its counterpart in the other Positions folder")
    with readable(path, "CDF file of Human3.6M's poses"):
        return rows_of(np.asarray(cdflib.CDF(str(path)).varget("Pose")).reshape(-1, 32, dimensions), JOINTS_OF_32)
