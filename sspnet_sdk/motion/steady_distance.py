"""How far away a person is, over time: who looks smaller has gone away; the network only says how large they are."""

from __future__ import annotations

import math

import numpy as np

from sspnet_sdk.geometry.camera import check_camera
from sspnet_sdk.motion.tracking_filter import TrackingFilter, Tuning
from sspnet_sdk.pose import BODY_JOINTS, Pose

_BELIEF_HZ = 0.05  # cutoff of what the network's distance is over that of the pose: it changes with nothing that a person does
_FURTHEST_OFF = math.log(3.0)  # a pose that says so much else than the network is no measure


class SteadyDistance:
    """The distance of one person's root.

    A pose in pixels and millimetres tells a distance of its own, exact from frame to frame but for the person's size. The
    network's distance is of the right size on average, but wanders by a tenth. So their ratio is followed slowly, and the pose's
    distance at the filter's own pace.

    Args:
        tuning: of the filter.
    """

    def __init__(self, tuning: Tuning) -> None:
        self._filter = TrackingFilter(tuning)
        self._time = -math.inf
        self._ratio: float | None = None

    def __call__(self, pose: Pose, time_s: float) -> float:
        """The distance in mm of a pose with `joints3d_camera`, taken at `time_s` (seconds, ascending)."""
        assert pose.joints3d_camera is not None
        answered = math.log(max(float(pose.joints3d_camera[0, 2]), 1.0))
        looks = self._as_it_looks(pose, answered)
        ratio = answered - looks
        if self._ratio is None:
            self._ratio = ratio
        elif time_s > self._time:
            self._ratio += (1.0 - math.exp(-2.0 * math.pi * _BELIEF_HZ * (time_s - self._time))) * (ratio - self._ratio)
        self._time = max(time_s, self._time)
        return math.exp(float(self._filter(np.array([[looks]]), time_s)[0, 0]) + self._ratio)

    def _as_it_looks(self, pose: Pose, answered: float) -> float:
        """Logarithm of the pose's own distance; the network's less the usual ratio where it has none."""
        body = slice(BODY_JOINTS)
        camera = check_camera(pose.camera)
        distance = camera.distance_to(pose.keypoints[body], pose.joints3d[body], pose.confidence[body])
        if distance is None or abs(math.log(distance) - answered) > _FURTHEST_OFF:
            return answered - (self._ratio or 0.0)
        return math.log(distance)
