"""OpenSim's `.trc`: marker positions in millimetres, one file per person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.formats.motion import Motions, numbered
from sspnet_sdk.frame import Frame
from sspnet_sdk.staging import StagedFile, write_text

MARKERS = (
    *("Hip", "RHip", "RKnee", "RAnkle", "LHip", "LKnee", "LAnkle", "Spine", "Thorax", "Neck", "Head"),
    *("LShoulder", "LElbow", "LWrist", "RShoulder", "RElbow", "RWrist"),
)
"""Our joints in order, in the names that OpenSim's pose models use."""


def trc_text(joints: NDArray[np.float64], fps: float, name: str) -> str:
    """The file's text.

    `joints` (T, 17, 3): mm, x right, y up, z towards the camera, relative to the pelvis. Frames of NaN stay NaN, which
    OpenSim takes as missing (it refuses lines that end in blanks).
    """
    count = len(joints)
    rate = f"{fps:g}"
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{count}\t{len(MARKERS)}\tmm\t{rate}\t1\t{count}",
        "Frame#\tTime\t" + "\t\t\t".join(MARKERS) + "\t\t",
        "\t\t" + "\t".join(f"X{number}\tY{number}\tZ{number}" for number in range(1, len(MARKERS) + 1)),
        "",
    ]
    for row, values in enumerate(joints.reshape(count, -1)):
        cells = ("NaN" if np.isnan(value) else f"{value:.3f}" for value in values)
        lines.append("\t".join((str(row + 1), f"{row / fps:.6f}", *cells)))
    return "\n".join(lines) + "\n"


class TrcWriter:
    """Collects frames; `close` writes one file per person."""

    def __init__(self, path: Path, fps: float) -> None:
        StagedFile(path)  # says at the start, not after an hour, that the path cannot be written to
        self._path, self._motions = path, Motions(fps)

    def write(self, frame: Frame) -> None:
        """Take the frame's people."""
        self._motions.add(frame)

    def close(self) -> None:
        """Write the files."""
        for person, joints in enumerate(self._motions.people()):
            path = numbered(self._path, person)
            write_text(path, trc_text(joints, self._motions.fps, path.name))

    def discard(self) -> None:
        """Nothing was written yet."""
