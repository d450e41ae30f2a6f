"""The keypoints of other skeletons, in their order, from a pose's joints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import OptionError
from sspnet_sdk.given import is_word
from sspnet_sdk.pose import Pose

HEAD_TOP = "head top"
# From the middle of the ears to the top of the head, over the way from the thorax to the ears: mean of the 160 bodies that
# `sspnet-sdk synth` draws, standing (standard deviation 0.03).
_ABOVE_EARS = 0.77


@dataclass(frozen=True)
class Layout:
    """A skeleton's keypoints by the names of our joints; `HEAD_TOP` is none of them, it follows from thorax and head."""

    name: str
    joints: tuple[str, ...]

    def rows(self, pose: Pose) -> NDArray[np.float64]:
        """(K, 3): x, y in pixels from the *centre* of the first pixel, as these formats count, and confidence.

        Joints that the pose does not have are 0, 0, 0, which readers of these formats take as missing; every other's confidence
        is above 0.
        """
        found = np.zeros((len(self.joints), 3))
        for row, name in enumerate(self.joints):
            if name == HEAD_TOP:
                found[row] = _head_top(pose)
            elif name in pose.names:
                index = pose.names.index(name)
                found[row] = (*(pose.keypoints[index] - 0.5), max(float(pose.confidence[index]), 1e-4))
        return found


def _head_top(pose: Pose) -> tuple[float, float, float]:
    """Beyond the ears, on the line from the thorax: an estimate, as sure as the head."""
    thorax, head = (pose.keypoints[pose.names.index(name)].astype(np.float64) for name in ("thorax", "head"))
    x, y = head + _ABOVE_EARS * (head - thorax) - 0.5
    return float(x), float(y), max(float(pose["head"].confidence), 1e-4)


_FACE = ("nose", "l-eye", "r-eye", "l-ear", "r-ear")
_LIMBS = tuple(f"{side}-{part}" for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("l", "r"))

COCO_17 = Layout("coco_17", (*_FACE, *_LIMBS))
"""COCO's keypoints, also those of most detectors."""

BODY_25 = Layout(
    "body_25",
    (
        *("nose", "thorax", "r-shoulder", "r-elbow", "r-wrist", "l-shoulder", "l-elbow", "l-wrist", "pelvis"),
        *("r-hip", "r-knee", "r-ankle", "l-hip", "l-knee", "l-ankle", "r-eye", "l-eye", "r-ear", "l-ear"),
        *("l-big-toe", "l-small-toe", "l-heel", "r-big-toe", "r-small-toe", "r-heel"),
    ),
)
"""OpenPose's. Its neck lies between the shoulders, where our thorax is."""

HALPE_26 = Layout(
    "halpe_26",
    (
        *(*_FACE, *_LIMBS, HEAD_TOP, "neck", "pelvis"),
        *("l-big-toe", "r-big-toe", "l-small-toe", "r-small-toe", "l-heel", "r-heel"),
    ),
)
"""Halpe's 26, as AlphaPose and RTMPose have them. Its neck is ours, above the shoulders; its head is the top of it."""

LAYOUTS = {layout.name: layout for layout in (COCO_17, BODY_25, HALPE_26)}


def layout_named(name: str) -> Layout:
    """One of LAYOUTS.

    Raises:
        OptionError: there is no such layout.
    """
    if not is_word(name, LAYOUTS):
        raise OptionError(f"unknown layout {name!r:.80}: choose one of {', '.join(LAYOUTS)}")
    return LAYOUTS[name]
