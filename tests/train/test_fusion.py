"""The network that fuses joints and depths, and what it learns from."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from drawn_people import drawn_people, drawn_person, person_mm
from sspnet_train.data.augment import Augmentation, make_example
from sspnet_train.data.sample import SampleSource
from sspnet_train.data.synth3d import held_out
from sspnet_train.errors import DataError, TrainingError
from sspnet_train.metrics import pa_mpjpe
from sspnet_train.millimetres.fusion import FusionNetwork, known_joints, load_fusion
from sspnet_train.millimetres.mistakes import Mistakes, canonical, with_all_joints
from sspnet_train.millimetres.observations import (
    Observations,
    joined,
    joints_in_crop,
    load_observations,
    observe,
    save_observations,
    with_face_and_feet,
)
from sspnet_train.millimetres.pose_lift import NEXT_TO, PoseLift, bodies_of
from sspnet_train.millimetres.residual import of_weights
from sspnet_train.millimetres.train_fusion import (
    aligned_distance,
    taught,
    train_face_and_feet,
    train_fusion,
    without_held_out,
)
from sspnet_train.millimetres.views import ViewSampler
from sspnet_train.network.model import SSPNet
from sspnet_train.synth.pose_sampling import PoseFile

ANY_VIEW = Augmentation((0.8, 1.2), any_rotation=1.0, mirror=True)


def body_poses(count: int) -> PoseFile:
    """People in the axes of motion capture: y up, the line of the hips along x."""
    joints = np.stack([person_mm(seed) * [1, -1, -1] for seed in range(count)])
    return PoseFile(joints, np.array(["one"] * count), np.array(["one"] * count), False)


def seen_with_shallow_depths(count: int) -> Observations:
    """What a network says that places every joint well, but halves all depths."""
    truth = canonical(np.stack([person_mm(100 + seed) for seed in range(count)]))
    points = truth[..., :2] / 2400 + 0.5
    pose = np.concatenate([points, truth[..., 2:] / 4000 + 0.5, np.full((count, 17, 1), 0.9)], axis=2)
    torso = np.linalg.norm(points[:, 8] - points[:, 0], axis=1)
    return Observations(*(part.astype(np.float32) for part in (pose[:, None], points, np.ones((count, 17)), truth, torso)))


@pytest.mark.parametrize("seed", range(6))
def test_true_joints_turn_and_mirror_with_the_picture(seed):
    person = drawn_person(seed, focal=3000.0, root_z=40000.0)
    crop = make_example(person, 64, ANY_VIEW, np.random.default_rng(seed))
    joints = joints_in_crop(person, crop.turn)
    bones, drawn = joints[:, :2] - joints[0, :2], crop.target[:17, :2] - crop.target[0, :2]
    scale = np.linalg.norm(drawn) / np.linalg.norm(bones)
    np.testing.assert_allclose(bones * scale, drawn, atol=0.01)


def test_what_a_network_says_is_kept_beside_the_truth(tiny_config, tmp_path):
    network = SSPNet(tiny_config)
    seen = observe(network, drawn_people(5), 7, 64, (2,))
    assert seen.poses.shape == (7, 1, 17, 4) and seen.points.shape == (7, 17, 2) and seen.joints3d.shape == (7, 17, 3)
    again = observe(network, drawn_people(5), 7, 64, (2,))
    save_observations(tmp_path / "seen.npz", seen)
    for kept, first, second in zip(load_observations(tmp_path / "seen.npz"), seen, again, strict=True):
        np.testing.assert_array_equal(kept, first)
        np.testing.assert_array_equal(first, second)


def test_a_joint_comes_to_be_believed_without_a_jump():
    pose = np.zeros((301, 28, 4), np.float32)
    pose[:, :17] = seen_with_shallow_depths(1).poses[0]
    pose[:, 6, 3] = np.linspace(0.1, 0.4, 301)  # an ankle
    with torch.no_grad():
        joints = load_fusion()(torch.from_numpy(pose))[0].numpy()
    assert np.abs(np.diff(joints, axis=0)).max() < 0.5
    assert np.abs(joints[-1] - joints[0]).max() > 3


def test_joints_are_believed_from_a_quarter_on_and_all_of_them_where_too_few_would_be():
    confidence = torch.tensor([0.1, 0.2, 0.25, *[0.9] * 14])[None, :, None]
    np.testing.assert_allclose(known_joints(confidence)[0, :4, 0], [0, 0.5, 1, 1], atol=1e-5)
    assert (known_joints(torch.full((1, 17, 1), 0.1)) == 1).all()


def test_people_without_true_joints_teach_nothing(tiny_config):
    flat = SampleSource("flat", 1, lambda _: replace(drawn_person(0), joints3d=None))
    with pytest.raises(DataError, match="no true joints"):
        observe(SSPNet(tiny_config), flat, 1, 64, (2,))


def test_a_set_without_anybody_is_refused_in_one_line(tiny_config):
    with pytest.raises(DataError, match="empty has nobody"):
        observe(SSPNet(tiny_config), SampleSource("empty", 0, drawn_person), 1, 64, (2,))


def test_another_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "seen.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match="observations"):
        load_observations(tmp_path / "seen.npz")
    (tmp_path / "fusion.safetensors").write_bytes(b"nothing")
    with pytest.raises(TrainingError, match="fusing network"):
        load_fusion(tmp_path / "fusion.safetensors")


def test_bodies_are_spoilt_by_the_mistakes_that_the_network_makes():
    bodies = body_poses(20)
    sampler = ViewSampler(bodies.joints, bodies.family)
    poses, truth = Mistakes(seen_with_shallow_depths(30)).simulated(sampler, 200, np.random.default_rng(0))
    depth, true = (poses[:, :17, 2] - 0.5) * 2000, truth[..., 2]
    assert np.abs(poses[:, :17, 3] - 0.9).max() < 1e-6 and not poses[:, 17:].any()
    assert np.abs(depth - true).mean() > 20, "the depths of the mistakes are not the true ones"


@torch.no_grad()
def error(network, seen: Observations) -> float:
    found = network(torch.from_numpy(with_all_joints(seen.poses[:, 0])))[0].numpy()
    return float(np.linalg.norm(found - seen.joints3d, axis=2).mean())


def test_it_learns_bodies_from_few_steps_and_survives_half_precision(monkeypatch):
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.SIMULATED", 16)
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.OBSERVED", 16)
    seen, bodies = seen_with_shallow_depths(60), body_poses(60)
    untaught, network = train_fusion(seen, bodies, steps=1), train_fusion(seen, bodies, steps=60)
    assert error(network, seen) < 0.5 * error(untaught, seen)
    again = of_weights(FusionNetwork, {key: value.half() for key, value in network.state_dict().items()})
    assert abs(error(again, seen) - error(network, seen)) < 1


def test_going_on_keeps_half_of_what_was_known(monkeypatch):
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.SIMULATED", 16)
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.OBSERVED", 16)
    seen, bodies = seen_with_shallow_depths(60), body_poses(60)
    before = train_fusion(seen, bodies, steps=60)
    known = {key: value.clone() for key, value in before.state_dict().items()}
    after = train_fusion(seen, bodies, steps=60, start=before)
    assert error(after, seen) < error(before, seen)
    assert all(torch.equal(known[key], value) for key, value in before.state_dict().items())
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.RATE_FURTHER", 0.0)
    for key, value in train_fusion(seen, bodies, steps=1, start=before).state_dict().items():
        torch.testing.assert_close(value, known[key])


def seen_with_short_feet(count: int) -> Observations:
    """The same with faces at the head and feet that point down and away, of which the network sees half."""
    seen = seen_with_shallow_depths(count)
    next_to = list(NEXT_TO.values())
    ends = seen.joints3d[:, next_to]
    ends[:, 5:] += np.array([0, 60, 90], np.float32)
    heads = np.concatenate([ends[..., :2] / 2400 + 0.5, ends[..., 2:] / 2000 + 0.5, np.full((count, 11, 1), 0.9)], axis=2)
    heads[:, 5:, 1] -= 30 / 2400
    heads[:, 5:, 2] -= 45 / 2000
    poses = np.concatenate([seen.poses, heads[:, None].astype(np.float32)], axis=2)
    return seen._replace(
        poses=poses,
        points=np.concatenate([seen.points, ends[..., :2] / 2400 + 0.5], axis=1),
        visible=np.ones((count, 28), np.float32),
        joints3d=np.concatenate([seen.joints3d, ends], axis=1),
    )


def test_it_learns_how_feet_lie_and_bodies_stay(monkeypatch):
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.SIMULATED", 16)
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.OBSERVED", 16)
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.BESIDE", 32)
    seen = seen_with_short_feet(60)
    fusion = train_fusion(seen, body_poses(60), steps=60)
    answers = torch.from_numpy(seen.poses[:, 0])
    before = PoseLift(1.0, bodies_of(fusion)).eval()(answers)
    train_face_and_feet(fusion, seen, steps=200)
    after = PoseLift(1.0, bodies_of(fusion)).eval()(answers)
    torch.testing.assert_close(after[:, :17], before[:, :17])
    assert wrong_feet(before, seen) > 40 and wrong_feet(after, seen) < 0.6 * wrong_feet(before, seen)


@torch.no_grad()
def wrong_feet(joints: torch.Tensor, seen: Observations) -> float:
    """How far heels and toes are off next to their ankles, mm."""
    ankles = list(NEXT_TO.values())[5:]
    feet, true = joints[:, 22:] - joints[:, ankles], torch.from_numpy(seen.joints3d[:, 22:] - seen.joints3d[:, ankles])
    return float((feet - true).norm(dim=2).mean())


def seen_of_two_sets() -> Observations:
    """Three people with faces and feet, and two of a set that has none."""
    whole = seen_with_short_feet(3)
    return joined([whole, seen_with_shallow_depths(2)._replace(poses=whole.poses[:2])])


def test_of_sets_with_and_without_faces_and_feet_all_bodies_are_kept_and_the_feet_of_those_who_have_them():
    both = seen_of_two_sets()
    assert both.joints3d.shape == (5, 28, 3) and both.poses.shape == (5, 1, 28, 4)
    assert np.isfinite(both.joints3d[:, :17]).all() and np.isnan(both.joints3d[3:, 17:]).all() and not both.visible[3:, 17:].any()
    np.testing.assert_array_equal(with_face_and_feet(both).joints3d, both.joints3d[:3])
    assert len(with_face_and_feet(seen_with_shallow_depths(2)).poses) == 0


def test_people_without_feet_beside_others_do_not_keep_these_from_teaching_feet_alone(monkeypatch, tmp_path):
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.SIMULATED", 16)
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.BESIDE", 16)
    monkeypatch.setattr("sspnet_train.millimetres.train_fusion.train_face_and_feet", partial(train_face_and_feet, steps=3))
    start = train_fusion(seen_of_two_sets(), body_poses(10), steps=2)
    before = {key: value.clone() for key, value in start.state_dict().items()}
    after = taught(start, seen_of_two_sets(), tmp_path / "unread.npz", steps=0).state_dict()
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    assert changed and all(key.startswith("beside.") for key in changed)
    assert all(torch.isfinite(value).all() for value in after.values())


def test_feet_alone_are_not_learnt_from_people_who_have_none(tmp_path):
    with pytest.raises(DataError, match="people of sspnet-sdk synth") as caught:
        taught(FusionNetwork(), seen_with_shallow_depths(2), tmp_path / "unread.npz", steps=0)
    assert "\n" not in str(caught.value)


def test_what_is_learnt_beyond_turn_and_scale_is_the_error_that_evaluation_tells():
    rng = np.random.default_rng(0)
    truth = np.stack([person_mm(seed) for seed in range(8)])
    found = 0.7 * (truth + rng.normal(0, 60, truth.shape)) @ turned(rng) + 500
    own = float(aligned_distance(torch.from_numpy(found), torch.from_numpy(truth)))
    assert own == pytest.approx(float(pa_mpjpe(found, truth).mean()), rel=1e-6)
    mirrored = truth * [-1, 1, 1]
    assert float(aligned_distance(torch.from_numpy(mirrored), torch.from_numpy(truth))) > 30


def turned(rng: np.random.Generator) -> np.ndarray:
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return turn * np.sign(np.linalg.det(turn))


def test_a_pose_without_face_and_feet_is_one_whose_face_and_feet_nobody_sees():
    torch.manual_seed(0)
    lift, pose = PoseLift(1.0, bodies_of(FusionNetwork(16, 1))).eval(), torch.rand(3, 28, 4)
    pose[:, 17:, 3] = 0
    torch.testing.assert_close(lift(pose)[:, :17], lift(pose[:, :17]))


def test_recordings_that_validation_is_made_of_are_not_learnt_from():
    poses, held = body_poses(4), next(name for name in map(str, range(100)) if held_out(name))
    kept = without_held_out(replace(poses, clip=np.array(["one", held, "one", held])))
    np.testing.assert_array_equal(kept.joints, poses.joints[::2])
    assert kept.clip.tolist() == ["one", "one"]
