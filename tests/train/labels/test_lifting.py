"""The lifting network: from joints in the picture to joints in space."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner
from sspnet_train.data.sample import BODY_FLIP_ORDER, BODY_PARENTS, CANONICAL_BONES_MM, LIMB_JOINTS
from sspnet_train.labels import LabelError
from sspnet_train.metrics import pa_mpjpe
from sspnet_train.millimetres.lifter import LIMB_ORDER, lift_joints, load_lifter, save_lifter
from sspnet_train.millimetres.train_lifter import main, noisy, train_lifter
from sspnet_train.millimetres.views import ViewSampler
from sspnet_train.synth.generated_poses import generated_pose
from sspnet_train.synth.pose_sampling import read_poses

LIMBS = list(LIMB_JOINTS)


@pytest.fixture(scope="module")
def poses():
    rng = np.random.default_rng(0)
    joints = np.stack([generated_pose(rng)[0] for _ in range(300)])
    return ViewSampler(joints, np.array(["generated"] * 300))


def test_the_shipped_network_lifts_people_it_never_saw(poses) -> None:
    views = poses.draw(300, np.random.default_rng(1))
    lifted = lift_joints(load_lifter(), views.points.astype(float), np.ones((300, 17), bool))
    errors = pa_mpjpe(lifted.joints3d[:, LIMBS], views.joints3d[:, LIMBS].astype(float))
    flat = np.concatenate([views.points, np.zeros((300, 17, 1))], axis=2)
    without_depth = pa_mpjpe(flat[:, LIMBS].astype(float), views.joints3d[:, LIMBS].astype(float))
    assert errors.mean() < 80 < without_depth.mean()


def test_it_knows_where_it_is_unsure(poses) -> None:
    views = poses.draw(400, np.random.default_rng(2))
    points, known = noisy(views.points, np.random.default_rng(3))
    lifted = lift_joints(load_lifter(), points.astype(float), known)
    scale = np.linalg.norm(lifted.joints3d, axis=2).sum(axis=1) / np.maximum(
        np.linalg.norm(views.joints3d, axis=2).sum(axis=1), 1
    )
    error = np.abs(lifted.joints3d[..., 2] / scale[:, None] - views.joints3d[..., 2])[:, LIMBS].ravel()
    spread = lifted.spread[:, LIMBS].ravel()
    surest, least = spread < np.quantile(spread, 0.3), spread > np.quantile(spread, 0.7)
    assert error[least].mean() > 1.5 * error[surest].mean()


def test_lifted_people_have_a_canonical_adults_size(poses) -> None:
    views = poses.draw(20, np.random.default_rng(4))
    for pixels in (0.05, 3.0):
        lifted = lift_joints(load_lifter(), views.points.astype(float) * pixels, np.ones((20, 17), bool))
        bones = sum(
            np.linalg.norm(lifted.joints3d[:, c] - lifted.joints3d[:, BODY_PARENTS[c]], axis=1) for c in CANONICAL_BONES_MM
        )
        np.testing.assert_allclose(bones, sum(CANONICAL_BONES_MM.values()), rtol=1e-6)
        np.testing.assert_allclose(lifted.joints3d[:, 1] + lifted.joints3d[:, 4], 0, atol=1e-6)


def test_a_mirrored_person_is_lifted_to_a_mirrored_pose(poses) -> None:
    views = poses.draw(20, np.random.default_rng(5))
    known, flip = np.ones((20, 17), bool), list(BODY_FLIP_ORDER)
    straight = lift_joints(load_lifter(), views.points.astype(float), known)
    mirrored = lift_joints(load_lifter(), (views.points * [-1.0, 1.0])[:, flip], known)
    np.testing.assert_allclose(mirrored.joints3d[:, flip] * [-1, 1, 1], straight.joints3d, atol=0.05)


def test_blazeposes_depth_pulls_unsure_joints_and_nothing_pulls_without_it(poses) -> None:
    views = poses.draw(10, np.random.default_rng(6))
    known = np.ones((10, 17), bool)
    alone = lift_joints(load_lifter(), views.points.astype(float), known)
    world = views.joints3d[:, list(LIMB_ORDER)].astype(float)
    world[5:] = np.nan
    joined = lift_joints(load_lifter(), views.points.astype(float), known, world)
    np.testing.assert_array_equal(joined.joints3d[5:], alone.joints3d[5:])
    truth = views.joints3d[:5, LIMBS, 2]
    before, after = np.abs(alone.joints3d[:5, LIMBS, 2] - truth).mean(), np.abs(joined.joints3d[:5, LIMBS, 2] - truth).mean()
    assert after < before


def test_training_learns_from_recordings_and_its_file_is_read_back(tmp_path) -> None:
    rng = np.random.default_rng(7)
    joints = np.stack([generated_pose(rng)[0] for _ in range(200)])
    np.savez(tmp_path / "poses.npz", joints=joints, clip=np.array([f"clip_{i // 20}" for i in range(200)]))
    poses = read_poses(tmp_path / "poses.npz")
    _, untrained = train_lifter(poses, steps=1)
    lifter, trained = train_lifter(poses, steps=60)
    assert trained < 0.8 * untrained
    save_lifter(tmp_path / "lifter.safetensors", lifter)
    again = load_lifter(tmp_path / "lifter.safetensors")
    for before, after in zip(lifter.parameters(), again.parameters(), strict=True):
        np.testing.assert_allclose(after.detach(), before.detach(), atol=2e-3)


def test_files_that_are_no_poses_or_no_network_are_named(tmp_path) -> None:
    with pytest.raises(LabelError, match="is not a lifting network"):
        load_lifter(tmp_path / "none.safetensors")
    result = CliRunner().invoke(main, [str(tmp_path / "none.npz"), str(tmp_path / "out.safetensors")])
    assert result.exit_code == 1 and "not a readable .npz" in result.output
