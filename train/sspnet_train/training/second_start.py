"""From a trained network of 17 joints without a second entry to one of 28, with MoveNet Thunder's trunk before a late pyramid.

At the start, the first 17 joints of every head before the second entry are exactly what they were.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from sspnet_train.data.catalog import open_split, parse_data
from sspnet_train.data.sample import SampleSource
from sspnet_train.data.terms import training_data_note
from sspnet_train.errors import TrainingError, one_line
from sspnet_train.millimetres.pose_lift import NEXT_TO
from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint
from sspnet_train.network.init_movenet import load_movenet, restore_batch_norm
from sspnet_train.network.model import CONFIGS, SSPNet
from sspnet_train.training.movenet_start import some_crops

BY_JOINT_OUT = ("to_heatmap", "to_depth", "to_evidence")
PRIOR_WIDTHS = ("sharpness", "log_scale")
BY_JOINT_IN = ("from_heatmap", "from_depth", "entry.to_level0")


def second_start(before: SSPNet, models: Path, people: SampleSource, count: int = 192, size: int = 256, seed: int = 0) -> SSPNet:
    """The edge network that says what `before` says, up to the second entry.

    Args:
        before: a network whose pyramids have the edge config's shape.
        models: folder of movenet-thunder.json, its .bin beside it.
        people: from whose crops the second entry's batch norms take their statistics.
        count: how many of them.
        size: side of the crops, pixels.
        seed: decides the rest of the weights, and the people.

    Raises:
        TrainingError: pyramids of another shape.
    """
    shape, wanted = ((config.entry, config.width, config.levels, config.pyramids) for config in (before.config, CONFIGS["edge"]))
    if shape != wanted:
        raise TrainingError(f"a network {before.config.name!r} has pyramids of another shape than edge")
    torch.manual_seed(seed)
    network = SSPNet(CONFIGS["edge"])
    assert network.second_entry is not None
    weights = network.state_dict()
    for key, value in before.state_dict().items():
        if key in weights:
            weights[key] = _widened(key, value, weights[key])
    network.load_state_dict(weights)
    load_movenet(network.second_entry, models / "movenet-thunder.json")
    restore_batch_norm(network.second_entry, some_crops(people, count, size, seed))
    return network.eval()


def _widened(key: str, old: Tensor, fresh: Tensor) -> Tensor:
    """A tensor of 17 joints in the shape for 28."""
    if old.shape == fresh.shape:
        return old
    if any(part in key for part in BY_JOINT_OUT):
        more = torch.zeros_like(fresh[len(old) :])
        if "to_heatmap" not in key:
            more = torch.stack([old[NEXT_TO[joint]] for joint in range(len(old), len(fresh))])
        return torch.cat([old, more])
    if key.endswith(PRIOR_WIDTHS):
        return torch.cat([old, fresh[len(old) :]])
    if any(part in key for part in BY_JOINT_IN):
        return torch.cat([old, torch.zeros_like(fresh[:, old.shape[1] :])], dim=1)
    return fresh


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--movenet", type=Path, required=True, help="folder of movenet-thunder.json, its .bin beside it")
    parser.add_argument("--data", required=True, metavar="[NAME=]FOLDER", help="photographs of people, for batch statistics")
    parser.add_argument("--out", type=Path, default=Path("start.safetensors"))
    given = parser.parse_args()
    name, folder = next(iter(parse_data([given.data]).items()))
    network = second_start(load_network(given.checkpoint), given.movenet, open_split(name, folder, "train", "coco"))
    notes = read_checkpoint(given.checkpoint)[2]
    notes["training_data"] = training_data_note(["movenet"], notes.get("training_data", "[]"))
    save_checkpoint(given.out, network.config, network.state_dict(), notes)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
