"""The edge recipe's start says what MoveNet says: Lightning at early cuts, Thunder around that at late ones."""

from __future__ import annotations

import numpy as np
import torch
from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.network.init_movenet import load_movenet
from sspnet_train.network.model import CONFIGS
from sspnet_train.network.movenet import LIGHTNING, THUNDER, MoveNetEntry
from sspnet_train.network.second_entry import SecondEntry
from sspnet_train.training.movenet_start import movenet_start
from tfjs_movenet import write_movenet


def test_every_head_before_the_second_entry_starts_with_movenets_pose(tmp_path) -> None:
    torch.manual_seed(0)
    path = write_movenet(tmp_path / "movenet-lightning.json", 192, LIGHTNING)
    thunder = write_movenet(tmp_path / "movenet-thunder.json", 256, THUNDER)
    pictures = np.random.default_rng(0).integers(0, 256, (4, 90, 90, 3)).astype(np.uint8)
    box, nothing = np.array([10, 10, 70, 70], np.float32), np.zeros((17, 2), np.float32)
    people = SampleSource("noise", 4, lambda i: Sample(pictures[i], box, nothing, np.zeros(17, np.float32)))
    network = movenet_start(tmp_path, people, count=4, size=128)
    entry, again = MoveNetEntry(CONFIGS["edge"].width, 28).eval(), SecondEntry(CONFIGS["edge"].width, 28).eval()
    load_movenet(entry, path)
    load_movenet(again, thunder)
    image = torch.rand(2, 3, 128, 128) * 2 - 1
    with torch.no_grad():
        pose = entry(image).pose
        seen = again.seen_around(again.trunk(image)[-1], pose)[0]
        heads = network(image)
    assert pose is not None and len(heads) == 24
    for number, head in enumerate(heads):
        np.testing.assert_allclose(head.pose[..., :2], pose if number < 12 else seen, atol=2e-3)
        np.testing.assert_allclose(head.pose[..., 2], 0.5, atol=1e-5)
