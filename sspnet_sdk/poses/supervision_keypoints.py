"""Poses as `supervision.KeyPoints` (https://supervision.roboflow.com), in COCO's order, which its annotators know."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from sspnet_sdk.errors import SSPNetError
from sspnet_sdk.pose import Pose, poses_in
from sspnet_sdk.poses.layouts import COCO_17

if TYPE_CHECKING:
    from supervision import KeyPoints


def to_supervision(poses: Pose | Iterable[Pose]) -> KeyPoints:
    """One person or several as one `supervision.KeyPoints`.

    `xy` (N, 17, 2) are COCO's keypoints in pixels; those that a pose lacks are 0, 0, which annotators leave out. `data` has
    `joints3d` (N, J, 3) mm in the order of `JOINT_NAMES`, and `unsure` (N,).

    Raises:
        SSPNetError: supervision is not installed.
        OptionError: `poses` are none.
    """
    library = _library()
    people = poses_in(poses)
    if not people:
        return library.KeyPoints.empty()
    rows = np.stack([COCO_17.rows(pose) for pose in people]).astype(np.float32)
    there = rows[:, :, 2] > 0
    options = {
        "xy": np.where(there[:, :, None], rows[:, :, :2] + 0.5, 0).astype(np.float32),
        "class_id": np.zeros(len(people), int),
        "data": {
            "class_name": np.array(["person"] * len(people)),
            "joints3d": np.stack([pose.joints3d for pose in people]),
            "unsure": np.array([pose.unsure for pose in people]),
        },
    }
    known = inspect.signature(library.KeyPoints).parameters
    options["keypoint_confidence" if "keypoint_confidence" in known else "confidence"] = rows[:, :, 2]
    if "detection_confidence" in known:
        options["detection_confidence"] = np.array([pose.certainty for pose in people], np.float32)
    return library.KeyPoints(**options)


def _library() -> Any:
    try:
        import supervision
    except ModuleNotFoundError:
        raise SSPNetError("supervision is not installed: pip install supervision") from None
    return supervision
