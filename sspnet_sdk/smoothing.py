"""Less jitter at hardly any lag: two filters follow all joints at once, another one the distance."""

from __future__ import annotations

import dataclasses

import numpy as np

from sspnet_sdk.errors import OptionError
from sspnet_sdk.geometry.camera import check_camera
from sspnet_sdk.given_number import check_time, given_number
from sspnet_sdk.motion.joint_follower import JointFollower
from sspnet_sdk.motion.pose_points import with_points
from sspnet_sdk.motion.residual_filter import ResidualFilter
from sspnet_sdk.motion.steady_distance import SteadyDistance
from sspnet_sdk.motion.tracking_filter import Tuning
from sspnet_sdk.pose import Pose, check_pose

_SPAN = 5.0  # smooth = 0 has cutoffs so many times those of 0.5, smooth = 1 so many times less
DISTANCE = Tuning(0.4, 0.45, 1.9, 0.3, 0.17, 1.0)


class PoseSmoother:
    """Smooths one person's poses over time. A `Tracker` has put left and right of them right.

    Args:
        smooth: 0 leaves poses as they are, 1 smooths most. What 0.5 does is measured in docs/motion.md.
    """

    def __init__(self, smooth: float = 0.5) -> None:
        self._smooth = check_smooth(smooth)
        self._joints, self._residuals = JointFollower(looseness_of(self._smooth)), ResidualFilter()
        self._moved = np.zeros(5)  # what the residuals say; still that of the pose before where no time has gone by
        self._distance = SteadyDistance(DISTANCE.scaled(span_of(self._smooth)))

    def __call__(self, pose: Pose, time_s: float) -> Pose:
        """The pose at `time_s` (seconds, ascending) with smoothed `keypoints`, `joints3d`, and distance from the camera.

        Raises:
            OptionError: it is no pose, it has `joints3d_camera` without the `camera`, or `time_s` is no time.
        """
        check_pose(pose)
        check_time(time_s)
        if self._smooth == 0.0:
            return pose
        if pose.joints3d_camera is not None and pose.camera is None:  # as `Pose.from_dict` reads it
            raise OptionError("the pose has joints3d_camera, but not its camera: dataclasses.replace(pose, camera=K), K a 3x3")
        elapsed, _ = self._joints.follow(pose, time_s)
        places = self._joints.points
        if elapsed > 0.0:
            answer = self._joints.answer
            self._moved = self._residuals(answer.points, answer.confidence, places, elapsed, answer.size, self._joints.order)
        return with_distance(with_points(pose, places + self._moved), time_s, self._distance)


def with_distance(pose: Pose, time_s: float, distance: SteadyDistance) -> Pose:
    """A pose with smooth `keypoints` and `joints3d`, and with a smooth distance in `joints3d_camera` if it has that."""
    if pose.joints3d_camera is None:
        return pose
    in_camera = check_camera(pose.camera).unproject(pose.keypoints, pose.joints3d[:, 2] + distance(pose, time_s))
    return dataclasses.replace(pose, joints3d_camera=in_camera)


def span_of(smooth: float) -> float:
    """What cutoffs are multiplied by: 1 at smooth = 0.5."""
    return float(_SPAN ** (1.0 - 2.0 * smooth))


def looseness_of(smooth: float) -> float:
    """The looseness of a `BodyFilter` with such cutoffs, which go with its root."""
    return span_of(smooth) ** 2


def check_smooth(smooth: float) -> float:
    """`smooth` if it lies in 0..1, else an `OptionError`."""
    number = given_number(smooth)
    if not 0.0 <= number <= 1.0:
        raise OptionError(f"smooth must be a number from 0 (off) to 1, not {smooth!r:.80}")
    return number
