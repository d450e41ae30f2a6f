"""Round a finder's weights to 8 bits, which a bundle stores in half of the bytes. It finds the same people.

python -m sspnet_train.finder.round_finder --finder finder.safetensors --pictures /data/people2d --empty /data/backgrounds
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from sspnet_train.command_numbers import at_least
from sspnet_train.data.whole_pictures import WholePictures, panoramas
from sspnet_train.errors import one_line
from sspnet_train.finder.train_finder import scenes
from sspnet_train.network.multipose import load_finder, save_finder
from sspnet_train.network.network_input import network_input
from sspnet_train.network.round_weights import round_weights


@one_line()
def main() -> None:
    from tqdm import tqdm

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--finder", type=Path, required=True, help="what train_finder wrote")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of pictures.tar and pictures.npz")
    parser.add_argument("--empty", type=Path, required=True, help="folder of .webp panoramas without people")
    parser.add_argument("--batches", type=at_least(1), default=60, help="of seven views each, on which errors are made good")
    parser.add_argument("--seed", type=at_least(0), default=0)
    parser.add_argument("--threads", type=at_least(1), default=1)
    parser.add_argument("--out", type=Path, default=Path("rounded_finder.safetensors"))
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(given.seed)
    network, notes = load_finder(given.finder)
    people, empty = WholePictures(given.pictures, "train"), list(panoramas(given.empty, "train").values())
    rng = np.random.default_rng(given.seed)
    batches = ((network_input([scene.image for scene in scenes(people, empty, rng)]),) for _ in range(given.batches))
    round_weights(network, tqdm(batches, total=given.batches, unit="batch"))
    save_finder(given.out, network, notes)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
