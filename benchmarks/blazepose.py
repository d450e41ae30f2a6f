"""BlazePose lite, full and heavy (MediaPipe's landmark networks), run by themselves in OpenVINO, which reads TFLite."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import openvino as ov
from numpy.typing import NDArray
from side_by_side import openvino_settings
from sspnet_train.data.crop import view_matrix

SIZE = 256
VARIANTS = ("lite", "full", "heavy")
JOINT_OF_LANDMARK = {11: 11, 12: 14, 13: 12, 14: 15, 15: 13, 16: 16, 23: 4, 24: 1, 25: 5, 26: 2, 27: 6, 28: 3}
_CENTRE, _SCALE = 33, 34  # alignment points: the middle of the hips, and how far the person reaches
_LANDMARKS, _WORLD = 0, 4  # outputs: 39 x (x, y, z, visibility, presence) in crop pixels; 39 x (x, y, z) in metres


class BlazePose:
    """One of the networks: a crop of 256x256 RGB in, landmarks out."""

    def __init__(self, folder: Path, variant: str, threads: int, precision: str = "fp32") -> None:
        settings = openvino_settings(threads, precision)
        compiled = ov.Core().compile_model(folder / f"pose_landmark_{variant}.tflite", "CPU", settings)
        self._request = compiled.create_infer_request()

    def run(self, crop: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(39, 2) pixels of the crop, (39, 3) mm."""
        self._request.set_tensor("input_1", ov.Tensor(crop[None].astype(np.float32) / 255))
        self._request.infer()
        landmarks, world = (self._request.get_output_tensor(index).data[0].copy() for index in (_LANDMARKS, _WORLD))
        return landmarks.reshape(39, 5)[:, :2], world.reshape(39, 3) * 1000


def track(network: BlazePose, image: NDArray[np.uint8], view: NDArray, passes: int) -> tuple[NDArray, NDArray]:
    """(39, 2) pixels of the image and (39, 3) mm. Each pass but the first sees the region that the landmarks before it imply, as
    MediaPipe's tracker does; outside the image it is black, as there.

    view: affine (2, 3) from the image's pixels (corners at integers) to the first region's.
    """
    points, world = _landmarks(network, image, view)
    for _ in range(passes - 1):
        points, world = _landmarks(network, image, _region(points[_CENTRE], points[_SCALE] - points[_CENTRE]))
    return points, world


def region(joints: NDArray, known: NDArray[np.bool_]) -> NDArray:
    """The region that MediaPipe's detector would ideally give for these (17, 2) joints: hips in the middle, upright."""
    hips, shoulders = (joints[1] + joints[4]) / 2, (joints[11] + joints[14]) / 2
    upwards = shoulders - hips
    reach = np.linalg.norm((joints - hips)[known], axis=1).max()
    return _region(hips, upwards / max(float(np.hypot(*upwards)), 1e-6) * reach)


def _landmarks(network: BlazePose, image: NDArray[np.uint8], view: NDArray) -> tuple[NDArray, NDArray]:
    matrix = view.copy()
    matrix[:, 2] += 0.5 * view[:, 0] + 0.5 * view[:, 1] - 0.5
    pixels, world = network.run(cv2.warpAffine(image, matrix, (SIZE, SIZE), borderMode=cv2.BORDER_CONSTANT))
    return (pixels - view[:, 2]) @ np.linalg.inv(view[:, :2]).T, world


def _region(centre: NDArray, reach: NDArray) -> NDArray:
    turned = np.degrees(np.pi / 2 - np.arctan2(-reach[1], reach[0]))
    return view_matrix(centre, 1.25 * 2 * float(np.hypot(*reach)), SIZE, angle_deg=-turned)
