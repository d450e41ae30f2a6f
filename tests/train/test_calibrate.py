import sys

import pytest
import torch
from dataset_layouts import write_own_coco
from drawn_people import drawn_people
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.model import SSPNet
from sspnet_train.training import calibrate
from sspnet_train.training.calibrate import every_other, fit_logistic, reliability_of, shift_to


def test_a_fitted_confidence_is_the_probability_of_being_right():
    torch.manual_seed(0)
    evidence = torch.randn(20_000)
    truth = (torch.rand(20_000) < torch.sigmoid(2 * evidence - 1)).float()
    weights = fit_logistic(torch.stack([evidence, torch.ones(20_000)], dim=1), truth)
    assert torch.allclose(weights, torch.tensor([2.0, -1.0]), atol=0.1)


def test_reliability_tells_sure_joints_from_wrong_outside_and_absent_ones():
    c = torch.tensor([0.9, 0.95, 0.85, 0.5, 0.3, 0.1, 0.9])
    right = torch.tensor([1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0])
    present = torch.tensor([1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    nobody = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    found = reliability_of(c, right, present, nobody)
    assert found["sure"] == 0.6 and found["sure_right"] == pytest.approx(2 / 3, abs=1e-3)
    assert found["right"] == pytest.approx((0.9 + 0.95 + 0.5) / 3, abs=1e-3) and found["wrong"] == pytest.approx(0.575)
    assert (found["outside"], found["nobody"]) == (pytest.approx(0.1), pytest.approx(0.9))
    within = reliability_of(c[:3], right[:3], present[:3], nobody[:3])
    assert within.keys() == {"sure", "sure_right", "right", "wrong"}


@pytest.mark.parametrize("people", [4, 5])
def test_those_fitted_on_and_the_rest_are_everybody_and_share_nobody(people):
    source = drawn_people(people)
    halves = [every_other(source, first) for first in (0, 1)]
    boxes = {tuple(half[i].box) for half in halves for i in range(len(half))}
    assert len(halves[0]) + len(halves[1]) == people == len(boxes)


def test_a_joint_that_is_seldom_found_is_seldom_sure():
    logits = torch.linspace(-2, 4, 50)
    shifted = torch.sigmoid(logits + shift_to(logits, 0.15))
    assert shifted.mean().item() == pytest.approx(0.15, abs=1e-3) and (shifted.diff() > 0).all()


def test_one_held_out_person_is_too_few_for_a_fit_and_a_check(tiny_config, tmp_path, monkeypatch):
    save_checkpoint(tmp_path / "c.safetensors", tiny_config, SSPNet(tiny_config).state_dict())
    write_own_coco(tmp_path / "few", 2)
    words = [tmp_path / "c.safetensors", "--data", f"coco={tmp_path / 'few'}", "--out", tmp_path / "out", "--cuts", 2]
    monkeypatch.setattr(sys, "argv", ["calibrate", *map(str, words)])
    with pytest.raises(SystemExit, match="error: coco has one held-out person"):
        calibrate.main()


def test_pictures_of_nobody_alone_are_no_people_to_fit_a_confidence_to(tiny_config, tmp_path, monkeypatch):
    save_checkpoint(tmp_path / "c.safetensors", tiny_config, SSPNet(tiny_config).state_dict())
    (tmp_path / "places").mkdir()
    words = [tmp_path / "c.safetensors", "--data", f"backgrounds={tmp_path / 'places'}", "--out", tmp_path / "out", "--cuts", 2]
    monkeypatch.setattr(sys, "argv", ["calibrate", *map(str, words)])
    with pytest.raises(SystemExit, match="error: no data set with people in it"):
        calibrate.main()
    assert not (tmp_path / "out").exists()
