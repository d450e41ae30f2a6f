"""Round a checkpoint's weights to 8 bits, which a bundle stores in half of the bytes. It gives nearly the same answers.

    python -m sspnet_train.training.round_network checkpoint.safetensors --data /data/people3d --data /data/synth3d \\
        --out rounded.safetensors
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from sspnet_train.command_numbers import at_least
from sspnet_train.data.catalog import even_shares, open_split, parse_data
from sspnet_train.errors import one_line
from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint
from sspnet_train.network.model import SSPNet
from sspnet_train.network.round_weights import round_weights
from sspnet_train.training.batches import Batches
from sspnet_train.training.frame_before import frame_before
from sspnet_train.training.recipes import RECIPES


def seen(network: SSPNet, batches: Batches) -> Iterator[tuple[Tensor, None, Tensor | None]]:
    """The network's arguments, batch by batch: crops, all pyramids, and poses of the frame before where it looks at them."""
    share = batches.recipe.previous if network.config.previous else 0.0
    for step in range(len(batches)):
        image, targets = batches[step]
        yield image, None, frame_before(network, image, targets, share, (batches.seed, step)) if share else None


@one_line()
def main() -> None:
    from tqdm import tqdm

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", action="append", required=True, metavar="[NAME=]FOLDER", help="crops of these are looked at")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--batches", type=at_least(1), default=60, help="of 8 to 20 crops each, on which errors are made good")
    parser.add_argument("--seed", type=at_least(0), default=0)
    parser.add_argument("--threads", type=at_least(1), default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    network, notes = load_network(given.checkpoint), read_checkpoint(given.checkpoint)[2]
    sources = {name: open_split(name, folder, "train", "coco") for name, folder in parse_data(given.data).items()}
    recipe = replace(RECIPES["polish"], shares=even_shares(sources), second_views=0.0)
    batches = Batches(recipe, sources, given.batches, given.seed, joints=network.config.joints)
    round_weights(network, tqdm(seen(network, batches), total=given.batches, unit="batch"))
    save_checkpoint(given.out, network.config, network.state_dict(), notes, network.bodies)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
