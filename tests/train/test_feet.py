"""Heels and toes placed by all joints, and how that is learnt."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn_people import drawn_people
from sspnet_train.data.sample import FLIP_ORDER, SampleSource
from sspnet_train.errors import DataError, TrainingError
from sspnet_train.millimetres.observations import Observations, joined, observe
from sspnet_train.network.feet import ANKLES, FEET, FootPlacement
from sspnet_train.network.model import SSPNet, SSPNetConfig
from sspnet_train.training.train_feet import mirrored_by_half, teach_feet, train_feet, with_fresh_feet

SMALL = SSPNetConfig("small", width=16, growth=0, kernel=3, entry_multiplier=0.125, pyramids=2, joints=28, feet=(2,))


def feet_at_the_other_ankle(count: int) -> Observations:
    """People who stand anyhow, whom a network gives the left foot's places for the right one and the other way round."""
    rng = np.random.default_rng(0)
    points = rng.uniform(0.3, 0.7, (count, 28, 2))
    points[:, FEET] = points[:, ANKLES] + [0.0, 0.03]
    said = points.copy()
    said[:, FEET] = points[:, [FLIP_ORDER[joint] for joint in FEET]]
    poses = np.concatenate([said, np.full((count, 28, 1), 0.5), np.full((count, 28, 1), 0.9)], axis=2)
    parts = (poses[:, None], points, np.ones((count, 28)), np.zeros((count, 28, 3)), np.full(count, 0.25))
    return Observations(*(part.astype(np.float32) for part in parts))


@torch.no_grad()
def misplaced(block: FootPlacement, seen: Observations) -> float:
    """Share of heels and toes off by more than 0.2 torso."""
    poses = torch.from_numpy(seen.poses[:, 0])
    places = block(poses[..., :3], poses[..., 3])[:, FEET, :2].numpy()
    return float((np.linalg.norm(places - seen.points[:, FEET], axis=2) > 0.2 * 0.25).mean())


def test_feet_at_the_other_ankle_are_brought_back():
    seen, block = feet_at_the_other_ankle(600), FootPlacement()
    train = Observations(*(part[:500] for part in seen))
    others = Observations(*(part[500:] for part in seen))
    assert misplaced(block, others) > 0.8
    train_feet(block, torch.from_numpy(train.poses[:, 0]), train, steps=400)
    assert misplaced(block, others) < 0.1


def test_only_the_answer_of_a_cut_changes_and_only_its_feet():
    torch.manual_seed(0)
    network, image = SSPNet(SMALL).eval(), torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        before = network(image)
        torch.nn.init.normal_(network.feet["2"].move.weight)
        after = network(image)
    for first, second in zip(before[:-1], after[:-1], strict=True):
        assert torch.equal(first.pose, second.pose)
    moved = (before[-1].pose != after[-1].pose).any(dim=0)
    assert moved[FEET, :2].all() and moved.sum() == 2 * len(FEET)


def test_a_mirrored_person_keeps_left_and_right_apart():
    pose, truth, weight = torch.rand(2, 28, 4), torch.rand(2, 6, 2), torch.rand(2, 6)
    pose[:, FEET, :2] = truth
    mirrored, true, shares = mirrored_by_half(pose, truth, weight)
    torch.testing.assert_close(mirrored[:, FEET, :2], true)
    torch.testing.assert_close(true[0, 0], torch.tensor([1.0, 0.0]) + torch.tensor([-1.0, 1.0]) * truth[0, 1])
    assert shares[0, 0] == weight[0, 1] and torch.equal(mirrored[1], pose[1]) and torch.equal(true[1], truth[1])


def test_what_is_in_sight_stays_so_in_the_mirror():
    person = replace(drawn_people(1)[0], visible=np.arange(17) == 3)
    seen = observe(SSPNet(SMALL), SampleSource("one", 1, lambda _: person), 12, 64, (2,))
    sides = seen.visible.argmax(axis=1)
    assert (seen.visible.sum(axis=1) == 1).all() and set(sides.tolist()) == {3, FLIP_ORDER[3]}


def test_a_network_that_was_taught_is_seen_without_its_feet():
    torch.manual_seed(0)
    network = SSPNet(SMALL)
    torch.nn.init.normal_(network.feet["2"].move.weight)
    fresh = with_fresh_feet(network)
    assert not fresh.feet["2"].move.weight.any() and network.feet["2"].move.weight.any()


def test_people_without_feet_beside_others_change_nothing_in_what_is_taught():
    seen, alone, beside = feet_at_the_other_ankle(4), SSPNet(SMALL), SSPNet(SMALL)
    bodies = seen._replace(points=seen.points[:, :17], visible=seen.visible[:, :17], joints3d=seen.joints3d[:, :17])
    beside.load_state_dict(alone.state_dict())
    teach_feet(alone, seen, steps=2)
    teach_feet(beside, joined([bodies, seen]), steps=2)
    assert alone.feet["2"].move.weight.any() and torch.equal(alone.feet["2"].move.weight, beside.feet["2"].move.weight)


def test_what_cannot_teach_feet_is_refused_in_one_line(tiny_config):
    network = SSPNet(SMALL)
    with pytest.raises(DataError, match="17 joints"):
        teach_feet(network, observe(network, drawn_people(2), 2, 64, (2,)))
    seen = feet_at_the_other_ankle(4)
    with pytest.raises(DataError, match="hold 2 cuts"):
        teach_feet(network, seen._replace(poses=seen.poses.repeat(2, axis=1)))
    with pytest.raises(TrainingError, match="places no feet"):
        with_fresh_feet(SSPNet(replace(tiny_config, feet=())))
    with pytest.raises(ValueError, match="28 joints"):
        replace(tiny_config, joints=17, feet=(2,))


def test_progress_is_told(caplog):
    seen = feet_at_the_other_ankle(20)
    with caplog.at_level(logging.INFO, logger="sspnet_train"):
        teach_feet(SSPNet(SMALL), seen, steps=1)
    assert "cut 2" in caplog.text
