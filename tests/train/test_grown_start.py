"""A trained network takes the shape that its config has now."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from sspnet_train.errors import TrainingError
from sspnet_train.network.model import SSPNet, SSPNetConfig
from sspnet_train.training.grown_start import grown_start

PLAIN = SSPNetConfig(
    "small", entry="movenet", heads="refining", merge="weighted", width=16, growth=0, kernel=3, pyramids=4, second_entry=3
)


@torch.no_grad()
def test_parts_that_were_lacking_change_no_answer():
    before = SSPNet(PLAIN).eval()
    after = grown_start(before, replace(PLAIN, previous=True, previous_again=True))
    image, unknown = torch.rand(2, 3, 64, 64) * 2 - 1, torch.zeros(2, 17, 4)
    for old, new in zip(before(image), after(image, previous=unknown), strict=True):
        assert torch.equal(old.pose, new.pose)


def test_a_network_of_another_shape_is_refused():
    with pytest.raises(TrainingError, match="does not fit the config 'small'"):
        grown_start(SSPNet(replace(PLAIN, width=8)), PLAIN)
