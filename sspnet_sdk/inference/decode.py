"""From the network's answers to poses: pixels of the caller's image, millimetres from the pelvis, millimetres from the camera."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.bundle import Bundle
from sspnet_sdk.geometry.camera import Intrinsics
from sspnet_sdk.geometry.crop import Box, Crop
from sspnet_sdk.geometry.lift import lift
from sspnet_sdk.images.image import Image
from sspnet_sdk.inference.engine import Answers, Engine
from sspnet_sdk.pose import BODY_JOINTS, Pose


@dataclass(frozen=True, eq=False)
class Target:
    """Somebody whose pose is asked for.

    Attributes:
        image: that shows them.
        box: x, y, w, h in pixels of the image.
        sure: whether that is surely a person.
        camera: of the image, or None.
        previous: their pose in the frame before, or None.
    """

    image: Image
    box: Box
    sure: bool = True
    camera: Intrinsics | None = None
    previous: Pose | None = None


def seen(answer: NDArray[np.float32], crop: Crop) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What the network says of one crop, in the image. (J, 4) -> keypoints (J, 2) in pixels, confidence (J,) in [0, 1]."""
    return crop.to_image(answer[:, :2]), np.minimum(np.maximum(answer[:, 3], 0), 1)


def poses_of(
    answers: Answers, targets: Sequence[Target], crops: Sequence[Crop], engine: Engine, input_size: int, begin: float
) -> list[Pose]:
    """The poses of some people, in order.

    Args:
        answers: of the network, a row for each of `targets`.
        targets: who was looked at.
        crops: of their images, around their boxes.
        engine: lifts to millimetres, and tells how far away people are.
        input_size: side of the crops in pixels.
        begin: `time.perf_counter()` when the call began.
    """
    joints3d, away = _joints3d(answers, crops, targets, engine), _distances(answers, targets, engine)
    poses = []
    rows = zip(answers.poses, answers.cuts, joints3d, crops, targets, away, strict=True)
    for answer, cut, joints, crop, target, distance in rows:
        keypoints, confidence = seen(answer, crop)
        unsure = not target.sure or float(np.add.reduce(confidence[:BODY_JOINTS])) < engine.bundle.poses.sure * BODY_JOINTS
        in_camera, matrix = None, None
        if target.camera is not None and distance is not None:
            in_camera, matrix = target.camera.unproject(keypoints, joints[:, 2] + distance), target.camera.matrix
        latency_ms = (time.perf_counter() - begin) * 1000
        box = target.box.copy()
        poses.append(Pose(keypoints, joints, confidence, box, cut, input_size, latency_ms, unsure, in_camera, matrix))
    return poses


def _joints3d(
    answers: Answers, crops: Sequence[Crop], targets: Sequence[Target], engine: Engine
) -> Sequence[NDArray[np.float32]]:
    """Each person's joints (J, 3) in mm, by the bundle's own graph or from the lengths of the limb bones."""
    found = engine.joints3d(answers.poses)
    if found is not None:
        return list(found)
    return [
        _lifted(answer, crop, target.box, engine.bundle)
        for answer, crop, target in zip(answers.poses, crops, targets, strict=True)
    ]


def _lifted(answer: NDArray[np.float32], crop: Crop, box: Box, bundle: Bundle) -> NDArray[np.float32]:
    keypoints, confidence = seen(answer, crop)
    return lift(keypoints, answer[:, 2], confidence, bundle.bones, bundle.depth_range_mm, float(max(box[2:])))


def _distances(answers: Answers, targets: Sequence[Target], engine: Engine) -> Sequence[float | None]:
    """mm from the camera to each pelvis. None for people whose camera is not known; either all have one, or none."""
    views = [(target.camera, target.box) for target in targets if target.camera is not None]
    if not views:
        return [None] * len(targets)
    features = np.concatenate([camera.box_features([box]) for camera, box in views])
    return [float(distance) for distance in engine.root_depths(answers, features)]
