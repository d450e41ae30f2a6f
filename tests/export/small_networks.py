"""Small networks with a past, and their bundles."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from sspnet_export.write_bundle import export_bundle
from sspnet_train.millimetres.fusion import FusionNetwork
from sspnet_train.millimetres.pose_lift import bodies_of
from sspnet_train.network.checkpoint import load_network, save_checkpoint
from sspnet_train.network.model import SSPNet, SSPNetConfig

GUIDED = SSPNetConfig(
    "guided",
    entry="movenet",
    heads="refining",
    merge="weighted",
    width=16,
    growth=0,
    kernel=3,
    pyramids=2,
    depths=(1, 2),
    second_look=(2,),
)
SEEN_AGAIN = SSPNetConfig(
    "seen-again",
    entry="movenet",
    heads="refining",
    merge="weighted",
    width=16,
    growth=0,
    kernel=3,
    pyramids=4,
    joints=28,
    second_look=(2, 4),
    second_entry=3,
)
SEEN_AGAIN_IN_VIDEO = replace(SEEN_AGAIN, name="seen-again-in-video", previous=True, previous_again=True)
WITH_FEET = replace(SEEN_AGAIN, name="with-feet", feet=(2, 4))
IN_VIDEO = replace(GUIDED, name="in-video", previous=True)
SMALL = SSPNetConfig("small", width=16, growth=0, kernel=3, entry_multiplier=0.125, pyramids=2)
FACE_AND_FEET = replace(SMALL, name="face-and-feet", joints=28)
NARROW = SSPNetConfig("narrow", width=16, growth=8, kernel=5, entry_multiplier=0.125, pyramids=4, depths=(2,) * 4)


def own_bodies(*size: int) -> dict[str, torch.Tensor]:
    """Not those of the package: a bundle is made of its checkpoint's."""
    torch.manual_seed(5)
    return {key: value.half().float() for key, value in bodies_of(FusionNetwork(*size)).items()}


@functools.cache
def lived_in(config: SSPNetConfig, seed: int = 0) -> SSPNet:
    """A network with nothing left at its initial value, batch-norm statistics included."""
    torch.manual_seed(seed)
    network = SSPNet(config)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
        network.train()
        for _ in range(3):
            network(torch.randn(4, 3, 64, 64))
    return network.eval()


@dataclass(frozen=True)
class Exported:
    checkpoint: Path
    folder: Path
    network: SSPNet
    lines: list[str]

    @property
    def manifest(self) -> dict:
        return json.loads((self.folder / "manifest.json").read_text())


def exported(
    config: SSPNetConfig, folder: Path, cuts: tuple[int, ...], size: int, notes: dict[str, str], bodies: dict | None = None
) -> Exported:
    checkpoint, lines = folder / f"{config.name}.safetensors", []
    save_checkpoint(checkpoint, config, lived_in(config).state_dict(), notes, bodies)
    out = export_bundle(checkpoint, cuts=cuts, sizes=[size], out=folder / "bundle", finder=None, on_progress=lines.append)
    return Exported(checkpoint, out, load_network(checkpoint), lines)
