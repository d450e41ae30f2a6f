"""Gains of later cuts are told from chance, over people."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from drawn_people import drawn_people, write_synth3d
from sspnet_train.evaluation import cut_gain
from sspnet_train.evaluation.cut_gain import cut_gains
from sspnet_train.evaluation.scores import Predictions
from sspnet_train.metrics import torso_length
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.model import SSPNet

PEOPLE = 40


def answers(*spreads_mm):
    """Cut 1, 2, …: drawn people whose joints are off at random, by so many mm and the same share of 500 mm of torso in 2D."""
    source = drawn_people(PEOPLE)
    samples = [source[i] for i in range(PEOPLE)]
    truth, joints = (np.stack([getattr(s, name) for s in samples]) for name in ("keypoints", "joints3d"))
    torso = torso_length(truth)[:, None, None]
    keypoints, joints3d, confidence = {}, {}, {}
    for cut, spread in enumerate(spreads_mm, start=1):
        noise = np.random.default_rng(cut).normal(0, spread, (PEOPLE, 17, 3))
        keypoints[cut], joints3d[cut] = truth + noise[..., :2] * torso / 500, joints + noise
        confidence[cut] = np.ones((PEOPLE, 17))
    return Predictions(samples, keypoints, joints3d, confidence)


def test_a_cut_that_is_better_for_everybody_is_better_by_more_than_chance():
    pck, millimetres = cut_gains(answers(80, 40), [1, 2])
    assert (pck.measure, pck.earlier, pck.later, millimetres.measure) == ("PCK", 1, 2, "PA-MPJPE mm")
    assert 0 < pck.low < pck.mean < pck.high and 0 < millimetres.low < millimetres.mean < millimetres.high
    assert str(pck).endswith("more than chance |")
    worse, _ = cut_gains(answers(40, 80), [1, 2])
    assert worse.high < 0 and str(worse).endswith("worse |")


def test_noise_alone_is_chance_and_every_pair_is_compared():
    gains = cut_gains(answers(60, 60, 60), [1, 2, 3])
    assert [(g.earlier, g.later) for g in gains if g.measure == "PCK"] == [(1, 2), (1, 3), (2, 3)]
    assert sum(gain.low < 0 < gain.high for gain in gains) >= 5, "95 % of such intervals hold the truth, which is 0"


def test_the_command_prints_a_table(tiny_config, tmp_path, monkeypatch, capsys):
    data = write_synth3d(tmp_path / "synth3d")
    save_checkpoint(tmp_path / "c.safetensors", tiny_config, SSPNet(tiny_config).state_dict())
    given = f"--checkpoint {tmp_path / 'c.safetensors'} --data synth3d={data} --cuts 1,2 --size 64"
    monkeypatch.setattr(sys, "argv", ["cut_gain", *given.split()])
    cut_gain.main()
    printed = capsys.readouterr().out
    assert "synth3d, 4 people, 64 px" in printed and "| PCK | 1 to 2 |" in printed and "| PA-MPJPE mm | 1 to 2 |" in printed


def test_people_with_no_joint_in_sight_are_counted_in_millimetres_alone():
    found = answers(80, 40)
    for sample in found.samples:
        sample.visible = np.zeros(17, bool)
    assert [gain.measure for gain in cut_gains(found, [1, 2])] == ["PA-MPJPE mm"]
    found.samples[0].visible = np.ones(17, bool)
    few = cut_gains(found, [1, 2])[0]
    assert few.measure == "PCK" and np.isfinite([few.mean, few.low, few.high]).all()


@pytest.mark.parametrize("measure", ["PCK", "PA-MPJPE mm"])
def test_the_interval_is_of_people_drawn_anew(measure):
    """An independent bootstrap with another seed gives nearly the same interval."""
    one, other = (next(g for g in cut_gains(answers(60, 50), [1, 2], seed) if g.measure == measure) for seed in (0, 1))
    assert one.mean == other.mean and one.low == pytest.approx(other.low, abs=0.15 * (one.high - one.low))
