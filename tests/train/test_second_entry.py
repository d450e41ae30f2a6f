"""A trained network gets a second entry, face and feet, and forgets nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.errors import TrainingError
from sspnet_train.network.model import CONFIGS, SSPNet
from sspnet_train.network.movenet import THUNDER
from sspnet_train.training.optimizer import build_optimizer
from sspnet_train.training.recipes import RECIPES
from sspnet_train.training.second_start import second_start
from tfjs_movenet import write_movenet

BEFORE = replace(CONFIGS["edge"], joints=17, second_entry=0, previous=False, previous_again=False, feet=())


def people() -> SampleSource:
    pictures = np.random.default_rng(0).integers(0, 256, (2, 90, 90, 3)).astype(np.uint8)
    box, nothing = np.array([10, 10, 70, 70], np.float32), np.zeros((17, 2), np.float32)
    return SampleSource("noise", 2, lambda i: Sample(pictures[i], box, nothing, np.zeros(17, np.float32)))


def test_early_heads_say_of_the_first_17_joints_what_they_said_before(tmp_path):
    torch.manual_seed(0)
    before = SSPNet(BEFORE).eval()
    with torch.no_grad():
        for parameter in before.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    write_movenet(tmp_path / "movenet-thunder.json", 256, THUNDER)
    after = second_start(before, tmp_path, people(), count=2, size=64)
    image = torch.rand(2, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        given, heads = after.answers(image)
        expected = before(image, 4)
    assert [pose.shape for pose in given] == [(2, 28, 2), (2, 28, 3)] and len(heads) == 24
    for head, old in zip(heads, expected, strict=False):
        torch.testing.assert_close(head.pose[:, :17], old.pose, atol=1e-5, rtol=0)
        torch.testing.assert_close(head.confidence[:, :17], old.confidence, atol=1e-5, rtol=0)


def test_a_network_of_another_shape_gets_no_second_entry(tiny_config, tmp_path):
    with pytest.raises(TrainingError, match="pyramids of another shape than edge"):
        second_start(SSPNet(tiny_config), tmp_path, people())


def test_the_late_recipe_trains_the_pyramids_and_neither_trunk():
    network = SSPNet(CONFIGS["edge"])
    build_optimizer(network, RECIPES["late"])
    free = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert not any(name.startswith(("entry.blocks", "second_entry.blocks", "second_entry.heatmaps")) for name in free)
    assert {"second_entry.merge", "second_entry.to_level0.conv.weight", "pyramids.7.2.head.to_heatmap.weight"} <= free


def test_the_deep_recipe_frees_the_later_blocks_of_both_entries():
    network = SSPNet(CONFIGS["edge"])
    build_optimizer(network, RECIPES["deep"])
    for entry in (network.entry, network.second_entry):
        free = [index for index, block in enumerate(entry.blocks) if next(block.parameters()).requires_grad]
        assert free == list(range(10, 17)) and not entry.stem.conv.weight.requires_grad
