"""Does loading keep up with learning? Pictures per second of the loader alone and of the network alone, side by side."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import torch

from sspnet_train.command_numbers import at_least
from sspnet_train.data.catalog import common_definition, open_split, parse_data
from sspnet_train.data.sample import SampleSource
from sspnet_train.errors import one_line
from sspnet_train.network.model import CONFIGS, SSPNet
from sspnet_train.training.batches import Batches
from sspnet_train.training.loader import loaded
from sspnet_train.training.loop import set_modes
from sspnet_train.training.losses import Targets, total_loss
from sspnet_train.training.optimizer import build_optimizer
from sspnet_train.training.recipes import Recipe
from sspnet_train.training.run import prepared_recipe


def loader_throughput(recipe: Recipe, sources: dict[str, SampleSource], size: int, workers: int, batches: int) -> float:
    """Training crops per second of `workers` processes (0: this one). The first batch (start-up) is left out."""
    data = Batches(replace(recipe, size_shares={size: 1.0}), sources, batches + 1)
    loader = loaded(data, range(batches + 1), workers)
    next(loader)
    start = time.perf_counter()
    count = sum(len(image) for image, _ in loader)
    return count / (time.perf_counter() - start)


def model_throughput(recipe: Recipe, sources: dict[str, SampleSource], size: int, batches: int, bf16: bool = False) -> float:
    """Training crops per second of forward, backward and step on one batch, repeated. The first one is left out."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = SSPNet(CONFIGS[recipe.config]).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    set_modes(network, recipe)
    optimizer, _ = build_optimizer(network, recipe)
    weights = recipe.head_weights(network.config)
    image, targets = Batches(replace(recipe, size_shares={size: 1.0}), sources, 1, joints=network.config.joints)[0]
    image, targets = image.to(device, memory_format=torch.channels_last), Targets(*(value.to(device) for value in targets))
    start = 0.0
    for number in range(batches + 1):
        if number == 1:
            start = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            given, predictions = network.answers(image)
        loss, _ = total_loss(predictions, given, targets, weights, recipe.confidence)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
    return batches * len(image) / (time.perf_counter() - start)


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description="Crops per second: the loader alone, the network alone.")
    parser.add_argument("--data", action="append", required=True, metavar="[NAME=]FOLDER")
    parser.add_argument("--recipe", default="edge")
    parser.add_argument("--workers", type=at_least(0), default=1)
    parser.add_argument("--batches", type=at_least(1), default=8)
    parser.add_argument("--bf16", action="store_true", help="as `train --bf16`")
    given = parser.parse_args()
    data = parse_data(given.data)
    recipe = prepared_recipe(given.recipe, data)
    definition = common_definition(data)
    sources = {name: open_split(name, place, "train", definition) for name, place in data.items()}
    print(f"{'size':>5} {'loader':>8} {'network':>8}  crops/s, {given.workers} workers, {torch.get_num_threads()} threads")
    for size in sorted(recipe.size_shares):
        loaded = loader_throughput(recipe, sources, size, given.workers, given.batches)
        learnt = model_throughput(recipe, sources, size, given.batches, given.bf16)
        print(f"{size:>5} {loaded:>8.1f} {learnt:>8.1f}")


if __name__ == "__main__":
    main()
