"""Where the person of the last frame is looked for again."""

import numpy as np

from sspnet_sdk import Pose
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.finding.last_seen import LastSeen
from sspnet_sdk.images.image import open_image

FRAME = open_image(np.zeros((240, 320, 3), np.uint8))


def pose(unsure=False):
    keypoints = np.stack([np.linspace(100, 140, 17), np.linspace(50, 200, 17)], axis=1).astype(np.float32)
    box, joints = np.array([0, 0, 320, 240], np.float32), np.zeros((17, 3), np.float32)
    return Pose(keypoints, joints, np.ones(17, np.float32), box, 2, 128, 1.0, unsure)


def test_the_box_is_around_the_joints_that_were_seen_for_a_second_in_frames_of_one_size():
    now = [10.0]
    seen = LastSeen(open_bundle().poses, clock=lambda: now[0])
    assert seen.box(FRAME) is None
    seen.keep(FRAME, pose())
    x, y, width, height = seen.box(FRAME)
    assert x < 100 and y < 50 and 140 < x + width < 170 and 200 < y + height < 240
    assert seen.box(open_image(np.zeros((240, 200, 3), np.uint8))) is None
    now[0] += 1.1
    assert seen.box(FRAME) is None


def test_an_unsure_pose_is_nobody():
    seen = LastSeen(open_bundle().poses)
    seen.keep(FRAME, pose())
    seen.keep(FRAME, pose(unsure=True))
    assert seen.box(FRAME) is None
