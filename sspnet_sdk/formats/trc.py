"""OpenSim's `.trc`: marker positions in millimetres, one file per person."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
