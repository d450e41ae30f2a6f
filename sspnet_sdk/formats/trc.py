"""OpenSim's `.trc`: marker positions over time, one file per person and stretch in which they were seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.formats.motion import Motion

MARKERS = (
    *("Hip", "RHip", "RKnee", "RAnkle", "LHip", "LKnee", "LAnkle", "Spine", "Thorax", "Neck", "HeadCentre"),
    *("LShoulder", "LElbow", "LWrist", "RShoulder", "RElbow", "RWrist"),
    *("Nose", "LEye", "REye", "LEar", "REar", "LHeel", "RHeel", "LBigToe", "RBigToe", "LSmallToe", "RSmallToe"),
)
"""Our joints in order, in the names that Pose2Sim's OpenSim model for Halpe's keypoints uses for these places of the body.

Its neck lies 8 cm above the middle of the shoulders, as ours does. Its head is the top of it; ours, the middle of the ears, is
`HeadCentre`.
"""


LEAST_CONFIDENCE = 0.1
"""A joint of which the network is less sure on average is no marker: OpenSim would bend the body to it."""


def trc_text(track: Motion, name: str) -> str:
    """The file's text, in mm, x right, y up, z towards the camera: from the camera where `track.root` says where that is, else
    from the pelvis. Joints below `LEAST_CONFIDENCE` are left out, except of guesses."""
    kept = (track.confidence >= LEAST_CONFIDENCE) | track.unsure
    markers = [marker for marker, is_kept in zip(MARKERS, kept, strict=False) if is_kept]
    positions = track.joints if track.root is None else track.joints + track.root[:, None]
    return _text(track, name, markers, positions[:, kept], "mm")


def trc_pixels_text(track: Motion, name: str) -> str:
    """The same in pixels of the picture, as Sports2D writes and loads them: x right, y down from the centre of the first pixel,
    z 0; NaN where the person was not seen."""
    markers = MARKERS[: track.keypoints.shape[1]]
    return _text(track, name, markers, np.pad(track.keypoints - 0.5, ((0, 0), (0, 0), (0, 1))), "px")


def _text(track: Motion, name: str, markers: Sequence[str], positions: NDArray[np.float64], units: str) -> str:
    """positions: (T, number of markers, 3)."""
    count = len(positions)
    rate = f"{track.rate if count > 1 else 30.0:.6g}"
    first = int(track.frames[0]) + 1
    lines = [
        f"PathFileType\t4\t(X/Y/Z)\t{name}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames",
        f"{rate}\t{rate}\t{count}\t{len(markers)}\t{units}\t{rate}\t{first}\t{count}",
        "Frame#\tTime\t" + "\t\t\t".join(markers) + "\t\t",
        "\t\t" + "\t".join(f"X{number}\tY{number}\tZ{number}" for number in range(1, len(markers) + 1)),
        "",
    ]
    for frame, time, values in zip(track.frames, track.times, positions.reshape(count, -1), strict=True):
        cells = ("NaN" if np.isnan(value) else f"{value:.3f}" for value in values)
        lines.append("\t".join((str(frame + 1), f"{time:.6f}", *cells)))
    return "\n".join(lines) + "\n"
