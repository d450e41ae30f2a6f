"""From a trained network of single pictures to one that takes the pose of the frame before. At the start it answers the same."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from sspnet_train.errors import one_line
from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint
from sspnet_train.network.model import SSPNet


def previous_start(network: SSPNet, seed: int = 0) -> SSPNet:
    """The network with a `PreviousPose`. `seed` decides its weights."""
    torch.manual_seed(seed)
    wider = SSPNet(replace(network.config, previous=True))
    wider.load_state_dict(wider.state_dict() | network.state_dict())
    wider.bodies = network.bodies
    return wider.eval()


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, default=Path("start.safetensors"))
    given = parser.parse_args()
    network = previous_start(load_network(given.checkpoint))
    notes = read_checkpoint(given.checkpoint)[2]
    save_checkpoint(given.out, network.config, network.state_dict(), notes, network.bodies)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
