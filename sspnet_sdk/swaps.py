"""Left and right over time. An answer that changes sides between two frames, which no motion explains, is put right."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.pose import Pose

LIMBS: tuple[tuple[tuple[int, int], ...], ...] = (
    ((1, 4),),
    ((2, 5), (3, 6), (22, 23), (24, 25), (26, 27)),
    ((11, 14),),
    ((12, 15), (13, 16)),
    ((18, 19), (20, 21)),
)
"""Joints that change sides together: hips, legs, shoulders, arms, face."""

_NOISE, _NOISE_MM = 0.045, 400.0  # how far joints may go astray: share of the box's longer side; mm in depth
_FLIP = math.log(0.05 / 0.95)  # log odds that labels change places between two frames, before anything is seen
_MOST = 4.0  # log odds of a belief
_TRUST_S = 0.12  # a belief of that size is forgotten within this time
_LONGEST_GAP_S = 0.5

Array = NDArray[np.float64]


class SideKeeper:
    """Keeps one person's left left and right right.

    For each pair of limbs and each frame it asks which is likelier: that each joint goes on as it went, or that the labels have
    changed places. Whether they are changed now is a belief. It follows these flips, and fades with time, because the network
    sees the whole person and has the last word.
    """

    def __init__(self) -> None:
        self._time = -math.inf
        self._points: Array = np.zeros((0, 2))
        self._velocity: Array = np.zeros((0, 2))
        self._depths: Array = np.zeros(0)
        self._confidence: Array = np.zeros(0)
        self._changed = np.full(len(LIMBS), -_MOST)

    def __call__(self, pose: Pose, time_s: float) -> Pose:
        """The pose at `time_s` (seconds, ascending) with sides put right. It is the same object where nothing is changed."""
        points, depths = pose.keypoints.astype(np.float64), pose.joints3d[:, 2].astype(np.float64)
        elapsed, order = time_s - self._time, np.arange(len(points))
        if 0.0 < elapsed <= _LONGEST_GAP_S and len(self._points) == len(points):
            for limb, pairs in enumerate(LIMBS):
                known = np.array([pair for pair in pairs if max(pair) < len(points)])
                if len(known) and self._is_changed(limb, known, pose, elapsed):
                    order[known[:, 0]], order[known[:, 1]] = known[:, 1], known[:, 0]
            self._velocity += 0.5 * ((points - self._points) / elapsed - self._velocity)
        else:
            self._velocity = np.zeros_like(points)
            self._changed[:] = -_MOST
        self._points, self._depths, self._time = points, depths, time_s
        self._confidence = pose.confidence.astype(np.float64)
        return pose if (order == np.arange(len(order))).all() else reordered(pose, order)

    def _is_changed(self, limb: int, pairs: NDArray[np.int64], pose: Pose, elapsed: float) -> bool:
        """Whether the labels of these pairs are changed in this answer. If they flipped, what is remembered flips with them."""
        flipped = 1.0 / (1.0 + math.exp(-np.clip(self._log_odds_of_a_flip(pairs, pose, elapsed), -30, 30)))
        was = 1.0 / (1.0 + math.exp(-self._changed[limb]))
        now = was * (1 - flipped) + (1 - was) * flipped
        odds = math.log(max(now, 1e-9) / max(1 - now, 1e-9)) - _MOST * elapsed / _TRUST_S
        self._changed[limb] = np.clip(odds, -_MOST, _MOST)
        if flipped > 0.5:
            for values in (self._points, self._velocity, self._depths):
                values[pairs] = values[pairs[:, ::-1]]
        return bool(self._changed[limb] > 0.0)

    def _log_odds_of_a_flip(self, pairs: NDArray[np.int64], pose: Pose, elapsed: float) -> float:
        unit = _NOISE * max(float(pose.box[2:].max()), 1.0)
        expected = (self._points + self._velocity * elapsed)[pairs] / unit
        deep = self._depths[pairs] / _NOISE_MM
        seen, seen_deep = pose.keypoints[pairs] / unit, pose.joints3d[pairs, 2] / _NOISE_MM
        as_labelled = np.sum((expected - seen) ** 2, axis=(1, 2)) + np.sum((deep - seen_deep) ** 2, axis=1)
        changed = np.sum((expected - seen[:, ::-1]) ** 2, axis=(1, 2)) + np.sum((deep - seen_deep[:, ::-1]) ** 2, axis=1)
        trust = np.minimum(pose.confidence, self._confidence)[pairs].min(axis=1) ** 3  # hidden joints say little, then and now
        return float((trust * (as_labelled - changed)).sum()) / 2 + _FLIP


def reordered(pose: Pose, order: NDArray[np.int64]) -> Pose:
    """The pose whose joint i is the joint `order[i]`, (J,), of `pose`."""
    in_camera = None if pose.joints3d_camera is None else pose.joints3d_camera[order]
    return replace(
        pose, keypoints=pose.keypoints[order], joints3d=pose.joints3d[order], confidence=pose.confidence[order],
        joints3d_camera=in_camera,
    )  # fmt: skip
