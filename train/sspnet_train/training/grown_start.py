"""From a trained network to the shape that its config has now. Parts that it lacks have nothing to say at the start."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from sspnet_train.errors import TrainingError, one_line
from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint
from sspnet_train.network.model import CONFIGS, SSPNet, SSPNetConfig


def grown_start(network: SSPNet, config: SSPNetConfig, seed: int = 0) -> SSPNet:
    """The network as `config` says, which may have more parts. `seed` decides their weights.

    Raises:
        TrainingError: a part of the network has another shape in `config`, or is not in it.
    """
    torch.manual_seed(seed)
    grown = SSPNet(config)
    try:
        grown.load_state_dict(grown.state_dict() | network.state_dict())
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip()
        raise TrainingError(f"the network does not fit the config {config.name!r}: {reason}") from error
    grown.bodies = network.bodies
    return grown.eval()


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--out", type=Path, default=Path("start.safetensors"))
    given = parser.parse_args()
    before = load_network(given.checkpoint)
    if before.config.name not in CONFIGS:
        raise TrainingError(f"no config is called {before.config.name!r}; there are {', '.join(CONFIGS)}")
    network = grown_start(before, replace(CONFIGS[before.config.name], lift=before.config.lift))
    notes = read_checkpoint(given.checkpoint)[2]
    save_checkpoint(given.out, network.config, network.state_dict(), notes, network.bodies)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
