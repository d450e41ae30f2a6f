"""The mean of several checkpoints' weights (Wortsman et al., "Model soups", ICML 2022).

    python -m sspnet_train.network.average run_a/checkpoint.safetensors run_b/checkpoint.safetensors --out mean.safetensors

Runs that began with the same weights and ended with a rate of zero are better together than each of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from sspnet_train.errors import TrainingError, one_line
from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint


def average(checkpoints: Sequence[Path], out: Path) -> None:
    """Write the mean of weights and batch-norm statistics, each checkpoint with the same share.

    Notes and the networks that know bodies come from the checkpoint that saw most crops.

    Args:
        checkpoints: files of one network's shape.
        out: the file to write.

    Raises:
        CheckpointError: one of them is no checkpoint.
        TrainingError: they are not of one network.
    """
    if not checkpoints:
        raise TrainingError("no checkpoint to average: give two or more")
    read = [read_checkpoint(path) for path in checkpoints]
    config, first, _ = read[0]
    for path, (its_config, weights, _) in zip(checkpoints, read, strict=True):
        if its_config != config or weights.keys() != first.keys():
            raise TrainingError(
                f"{path} holds another network than {checkpoints[0]}: only weights of one network can be averaged"
            )
    mean = {key: _mean([weights[key] for _, weights, _ in read]) for key in first}
    crops = [int(notes.get("crops", 0)) for _, _, notes in read]
    longest = crops.index(max(crops))
    save_checkpoint(out, config, mean, read[longest][2], load_network(checkpoints[longest]).bodies)


def _mean(values: list[torch.Tensor]) -> torch.Tensor:
    return torch.stack(values).mean(dim=0) if values[0].is_floating_point() else values[0]


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    average(given.checkpoints, given.out)


if __name__ == "__main__":
    main()
