"""Bodies point their limbs where the pose says, and say where their joints are."""

from __future__ import annotations

import numpy as np
import pytest
from sspnet_train.data.sample import BODY_PARENTS
from sspnet_train.synth.body import body_joints, mesh_joints, pose_body
from sspnet_train.synth.body_data import BodyData
from sspnet_train.synth.chairs import sits
from sspnet_train.synth.generated_poses import generated_pose
from sspnet_train.synth.pose_sampling import PoseFileError, PoseSampler, read_poses
from sspnet_train.synth.rotations import normalized

LIMBS = (2, 3, 5, 6, 12, 13, 15, 16)


def directions(joints: np.ndarray, children: tuple[int, ...]) -> np.ndarray:
    return normalized(np.stack([joints[child] - joints[BODY_PARENTS[child]] for child in children]))


def test_limbs_point_where_the_pose_says_within_five_degrees(bodies: BodyData) -> None:
    rng = np.random.default_rng(0)
    errors = []
    for index in range(40):
        pose, _ = generated_pose(rng)
        posed = pose_body(bodies.body(index), pose, rng)
        joints = mesh_joints(bodies, posed.vertices)
        cosines = (directions(pose, LIMBS) * directions(joints, LIMBS)).sum(axis=1)
        errors.append(np.degrees(np.arccos(np.clip(cosines, -1, 1))))
    assert np.mean(errors, axis=0).max() < 5.0
    assert np.max(errors) < 20.0


def test_a_body_is_as_large_as_people_are(bodies: BodyData) -> None:
    heights = np.ptp(bodies.vertices[:, : bodies.skin_count, 2], axis=1)
    assert heights.min() > 1.2 and heights.max() < 2.2


def test_left_and_right_are_the_persons(bodies: BodyData) -> None:
    rest = body_joints(bodies, bodies.body(0).vertices)
    assert rest[4, 0] > 0 > rest[1, 0], "x points to the person's left in the rest pose"
    assert rest[11, 0] > 0 > rest[14, 0]


def test_face_and_feet_sit_on_the_skin_of_every_body(bodies: BodyData) -> None:
    for index in (0, 3, 11, 42):
        body = bodies.body(index)
        joints = body_joints(bodies, body.vertices)  # x left, y backwards, z up
        depth = [np.linalg.norm(body.vertices - joint, axis=1).min() for joint in joints[17:]]
        assert joints.shape == (28, 3) and max(depth) < 0.02, "heels lie 1 cm under the skin, the others on it"
        nose, left_eye, right_eye, left_ear, right_ear = joints[17:22]
        assert nose[1] < left_eye[1] < left_ear[1] and nose[2] < left_eye[2]
        assert left_ear[0] > left_eye[0] > nose[0] > right_eye[0] > right_ear[0]
        for side, ankle, heel, big_toe, small_toe in ((1, 6, 22, 24, 26), (-1, 3, 23, 25, 27)):
            assert joints[heel, 1] > joints[ankle, 1] > joints[small_toe, 1] > joints[big_toe, 1]
            assert side * joints[small_toe, 0] > side * joints[big_toe, 0] > 0
            assert joints[heel, 2] < joints[ankle, 2] - 0.04


def test_who_is_to_sit_sits(bodies: BodyData) -> None:
    rng, sampler = np.random.default_rng(5), PoseSampler()
    assert np.mean([sits(sampler.draw(rng, seated=True).joints) for _ in range(60)]) > 0.7
    assert np.mean([sits(sampler.draw(rng).joints) for _ in range(60)]) < 0.4


def test_generated_poses_keep_an_adults_bones() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        pose, source = generated_pose(rng)
        lengths = [np.linalg.norm(pose[child] - pose[BODY_PARENTS[child]]) for child in (2, 3, 5, 6, 12, 13, 15, 16)]
        np.testing.assert_allclose(lengths, [421, 415, 421, 415, 278, 256, 278, 256], atol=1e-6)
        assert source.startswith("generated/")


def test_generated_knees_bend_backwards() -> None:
    rng = np.random.default_rng(2)
    for _ in range(100):
        pose, _ = generated_pose(rng)
        for hip, knee, ankle in ((1, 2, 3), (4, 5, 6)):
            thigh, shin = pose[knee] - pose[hip], pose[ankle] - pose[knee]
            right = pose[1] - pose[4]
            assert np.cross(thigh, shin) @ right < 0.25 * np.linalg.norm(thigh) * np.linalg.norm(shin) * np.linalg.norm(right)


def test_recordings_are_read_mixed_and_named(tmp_path) -> None:
    rng = np.random.default_rng(3)
    joints = np.stack([generated_pose(rng)[0] for _ in range(30)])
    np.savez(tmp_path / "poses.npz", joints=joints.astype(np.int16), clip=np.array(["walk_1"] * 15 + ["run_1"] * 15))
    sampler = PoseSampler([read_poses(tmp_path / "poses.npz")])
    drawn = [sampler.draw(rng) for _ in range(60)]
    assert {source for pose in drawn for source in pose.source.split("+")} == {"walk_1", "run_1", "sit"}
    assert not any(pose.seen for pose in drawn)


def test_poses_of_photographs_keep_the_cameras_view(tmp_path) -> None:
    pose, _ = generated_pose(np.random.default_rng(4))
    weights = np.ones((2, 17))
    weights[1] = 0
    np.savez(tmp_path / "labels3d.npz", joints3d=np.stack([pose, pose]) * [1, -1, -1], weight_z=weights)
    file = read_poses(tmp_path / "labels3d.npz")
    assert file.seen and len(file.joints) == 1, "poses of unsure depth are left out"
    np.testing.assert_allclose(file.joints[0], pose)


def test_a_file_without_poses_is_named_with_what_it_lacks(tmp_path) -> None:
    np.savez(tmp_path / "x.npz", something=np.zeros(3))
    with pytest.raises(PoseFileError, match=r"x\.npz has neither joints and clip"):
        read_poses(tmp_path / "x.npz")
    (tmp_path / "y.npz").write_text("no archive")
    with pytest.raises(PoseFileError, match="not a readable"):
        read_poses(tmp_path / "y.npz")
