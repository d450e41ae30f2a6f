"""The network that is exported computes what the trained one does."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from small_networks import GUIDED, IN_VIDEO, NARROW, SEEN_AGAIN, SEEN_AGAIN_IN_VIDEO, WITH_FEET, lived_in
from sspnet_export import verify
from sspnet_export.centres import people
from sspnet_export.fold import FactoredConv, fold_batch_norm
from sspnet_export.graphs import cut_out_stages
from sspnet_export.inference import InferenceNetwork
from sspnet_export.network import reference
from sspnet_export.trace import trace
from sspnet_export.weights import factors_of
from sspnet_train.network.blocks import ConvBN
from torch import nn


@pytest.mark.parametrize("config", [NARROW, GUIDED], ids=lambda config: config.name)
def test_folding_batch_norm_changes_no_head(config):
    network = lived_in(config)
    folded = copy.deepcopy(network)
    fold_batch_norm(folded)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    image = torch.randn(2, 3, 128, 128)
    with torch.no_grad():
        for before, after in zip(network(image), folded(image), strict=True):
            torch.testing.assert_close(after.pose, before.pose, atol=2e-5, rtol=0)
            torch.testing.assert_close(after.confidence, before.confidence, atol=1e-4, rtol=0)


def test_a_folded_convolution_remembers_the_raw_weight_that_checkpoints_hold():
    layer = ConvBN(4, 6, 3)
    layer.bn.running_var.uniform_(0.5, 2)
    raw = layer.conv.weight.detach().clone()
    fold_batch_norm(layer)
    assert isinstance(layer.conv, FactoredConv)
    assert torch.equal(layer.conv.raw, raw) and torch.equal(layer.conv.weight, raw * layer.conv.factor)


@pytest.mark.parametrize(
    ("config", "cuts"),
    [(NARROW, (1, 3, 4)), (NARROW, (2,)), (GUIDED, (1, 2)), (SEEN_AGAIN, (2, 4)), (SEEN_AGAIN, (2,)), (WITH_FEET, (2, 4))],
    ids=["narrow", "one cut", "guided", "seen again", "cut before the second entry", "feet"],
)
@pytest.mark.parametrize("size", [64, 128, 192])
def test_every_cut_and_size_equals_the_trained_network(config, cuts, size):
    network = lived_in(config)
    images = np.random.default_rng(0).integers(0, 256, (2, size, size, 3), dtype=np.uint8)
    expected = reference(network, images, cuts) | (people(network, images) if config.entry == "movenet" else {})
    with torch.no_grad():
        outputs = InferenceNetwork(network, cuts, size)(torch.from_numpy(images))
    assert set(expected) <= set(outputs)
    for name, values in expected.items():
        np.testing.assert_allclose(outputs[name].numpy(), values, atol=1e-4, rtol=0, err_msg=name)


def the_same_in_both_forms(network, cuts, images, previous):
    """What the trained network answers, after the exported form was seen to answer the same."""
    expected = reference(network, images, cuts, previous)
    with torch.no_grad():
        outputs = InferenceNetwork(network, cuts, 64)(torch.from_numpy(images), torch.from_numpy(previous))
    for name, values in expected.items():
        np.testing.assert_allclose(outputs[name].numpy(), values, atol=1e-4, rtol=0, err_msg=name)
    return expected


def test_the_pose_of_the_frame_before_counts_as_in_the_trained_network():
    network, images, previous = lived_in(IN_VIDEO), verify.noise_and_figure(64), verify.some_previous(17)
    expected = the_same_in_both_forms(network, (1, 2), images, previous)
    alone = reference(network, images, (1, 2))["pose_2"]
    np.testing.assert_array_equal(expected["pose_2"][0], alone[0])
    assert np.abs(expected["pose_2"][1] - alone[1]).max() > 0.01


def test_the_pose_of_the_frame_before_counts_again_behind_the_second_entry():
    network, images, previous = lived_in(SEEN_AGAIN_IN_VIDEO), verify.noise_and_figure(64), verify.some_previous(28)
    expected = the_same_in_both_forms(network, (2, 4), images, previous)
    without = copy.deepcopy(network)
    without.previous_again = None
    others = reference(without, images, (2, 4), previous)
    np.testing.assert_array_equal(others["pose_2"], expected["pose_2"])
    assert np.abs(others["pose_4"] - expected["pose_4"]).max() > 1e-3


@pytest.mark.slow
def test_the_stage_behind_the_second_entry_takes_the_picture_and_the_frame_before_again_and_none_before_it_does():
    traced = trace(InferenceNetwork(lived_in(SEEN_AGAIN_IN_VIDEO), (1, 2, 4), 64))
    stages = {graph.cut: graph.inputs for graph in cut_out_stages(traced, (1, 2, 4))}
    assert stages[1] == ["image", "previous"] and not {"image", "previous"} & set(stages[2])
    assert {"image", "previous", "state_2"} <= set(stages[4])


def test_exporting_leaves_the_network_as_it_was():
    network = lived_in(NARROW)
    before = copy.deepcopy(network.state_dict())
    ready = InferenceNetwork(network, (4,), 64)
    assert factors_of(ready)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert all(parameter.requires_grad for parameter in network.parameters())
