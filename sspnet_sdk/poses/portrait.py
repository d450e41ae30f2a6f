"""A pose without its picture, for notebooks: the skeleton, and beside it the joints in 3D."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.draw import draw_skeleton
from sspnet_sdk.drawing.inset import render_inset
from sspnet_sdk.pose import Pose

_SIDE = 320  # pixels, of each half
_MARGIN = 0.1
_GROUND = (46, 40, 36)  # BGR


def portrait(pose: Pose) -> NDArray[np.uint8]:
    """(320, 640, 3) uint8 BGR; empty where the pose is not finite."""
    canvas = np.full((_SIDE, 2 * _SIDE, 3), _GROUND, np.uint8)
    if not all(np.isfinite(part).all() for part in (pose.keypoints, pose.joints3d, pose.confidence)):
        return canvas
    low, high = pose.keypoints.min(axis=0), pose.keypoints.max(axis=0)
    scale = (1 - 2 * _MARGIN) * _SIDE / max(float((high - low).max()), 1e-6)
    keypoints = (pose.keypoints - (low + high) / 2) * scale + _SIDE / 2
    sized = replace(pose, keypoints=keypoints.astype(np.float32), box=np.array([0, 0, _SIDE, _SIDE], np.float32) * 0.8)
    draw_skeleton(canvas[:, :_SIDE], sized)
    canvas[:, _SIDE:] = render_inset([sized], np.ascontiguousarray(canvas[:, _SIDE:]))
    return canvas


def portrait_png(pose: Pose) -> bytes:
    """The same as a PNG file."""
    return bytes(cv2.imencode(".png", portrait(pose))[1])
