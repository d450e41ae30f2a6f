"""Train the finder further, on whole pictures with every labelled person and on places without people.

    python -m sspnet_train.finder.train_finder --start finder_start.safetensors --pictures /data/people2d \\
        --empty /data/backgrounds

The shallow half of the trunk stays as it is. The pictures also show people whom nobody labelled, small ones above all. Where the
starting network is sure of a person without a label, nothing is learnt.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sspnet_train.command_numbers import at_least
from sspnet_train.data.whole_pictures import WholePictures, panoramas
from sspnet_train.errors import one_line
from sspnet_train.finder.scenes import FinderExample, empty_view, in_other_light, view_of
from sspnet_train.network.multipose import CELL, MultiPose, load_finder, save_finder
from sspnet_train.network.network_input import network_input

SHAPES = ((288, 224), (224, 288), (320, 192), (256, 256))  # width, height
PICTURES, EMPTY = 3, 4  # of a batch
FROZEN_BLOCKS = 13
TRUNK_RATE, HEAD_RATE = 4e-4, 1.5e-3  # of a weight's own size, at most, in one step: weights differ by orders of magnitude
LEAST_SIZE = 1e-3
TRAINING_DATA = (
    "finder: whole pictures of COCO (labels CC BY 4.0; pictures from Flickr under their own licences) with boxes of people",
    "finder: panoramas without people by Poly Haven (CC0)",
)
OnStep = Callable[[int, float, float, MultiPose], None]
SAVE_EVERY = 25
AVERAGE = 0.996  # of the weights, over steps
SURE = 0.35  # centre of somebody whom nobody labelled


def scenes(people: WholePictures, empty: list[np.ndarray], rng: np.random.Generator) -> list[FinderExample]:
    """A batch. All of its pictures have one shape."""
    width, height = SHAPES[int(rng.integers(len(SHAPES)))]
    batch = [view_of(people[int(rng.integers(len(people)))], width, height, rng) for _ in range(PICTURES)]
    batch += [empty_view(empty[int(rng.integers(len(empty)))], width, height, rng, people) for _ in range(EMPTY)]
    for scene in batch:
        scene.image = in_other_light(scene.image, rng)
    return batch


def targets(batch: list[FinderExample], before: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """What `MultiPose` should say about a batch.

    Args:
        batch: the scenes.
        before: centres that the starting network says about the first pictures of the batch.

    Returns:
        Centre (N, h, w), a bump around every person's; trust (N, h, w) in the places between; box (N, 4, h, w); and how far each
        box counts (N, h, w).
    """
    n, (rows, columns) = len(batch), before.shape[1:]
    centre, box, known = torch.zeros(n, rows, columns), torch.zeros(n, 4, rows, columns), torch.zeros(n, rows, columns)
    doubtful = torch.zeros(n, rows, columns, dtype=torch.bool)
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    for index, scene in enumerate(batch):
        for left, top, width, height in (scene.boxes / CELL).tolist():
            u, v = left + width / 2, top + height / 2
            column, row = min(int(u), columns - 1), min(int(v), rows - 1)
            spread = max(0.7, 0.06 * (width * height) ** 0.5)
            bump = torch.exp(-((x - column) ** 2 + (y - row) ** 2) / (2 * spread**2))
            mine = (bump > centre[index]) & (bump > 0.4)
            centre[index] = torch.maximum(centre[index], bump)
            values = torch.stack([u - x, v - y, torch.full_like(bump, width), torch.full_like(bump, height)])
            box[index] = torch.where(mine, values, box[index])
            known[index] = torch.where(mine, bump / max(width, height), known[index])
        for left, top, width, height in (scene.doubtful / CELL).tolist():
            doubtful[index] |= (x >= left) & (x <= left + width) & (y >= top) & (y <= top + height)
    doubtful[: len(before)] |= F.max_pool2d((before > SURE).float()[:, None], 5, 1, 2)[:, 0] > 0
    trust = torch.where(doubtful & (centre < 0.5), 0.0, 1.0)
    return centre, trust, box, known


def finder_loss(logits: Tensor, boxes: Tensor, wanted: tuple[Tensor, Tensor, Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """CenterNet's focal loss of the centres, and the boxes' mean error in shares of the person."""
    centre, trust, box, known = wanted
    here = (centre == 1).float()
    said = torch.sigmoid(logits)
    right = here * (1 - said) ** 2 * F.logsigmoid(logits)
    wrong = trust * (1 - centre) ** 4 * said**2 * F.logsigmoid(-logits)
    error = ((boxes - box).abs().sum(dim=1) * known).sum() / (known > 0).sum().clamp(min=1)
    return -(right + wrong).sum() / here.sum().clamp(min=1), error


def train(
    start: MultiPose, people: WholePictures, empty: list[np.ndarray], steps: int, *, seed: int = 0, on_step: OnStep | None = None
) -> MultiPose:
    """Train a finder.

    Args:
        start: the network to begin with.
        people: whole pictures with every person's box.
        empty: panoramas without people.
        steps: batches to train on.
        seed: decides the batches.
        on_step: called with the step, its losses of centres and boxes, and the mean of the weights so far.

    Returns:
        The mean of the weights over the last steps.
    """
    network, average, rng = copy.deepcopy(start), copy.deepcopy(start), np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(_groups(network), weight_decay=0.0)
    for step in range(steps):
        batch = scenes(people, empty, rng)
        image = network_input([scene.image for scene in batch])
        for group in optimizer.param_groups:
            group["lr"] = group["top"] * min(1.0, (step + 1) / 50) * 0.5 * (1 + np.cos(np.pi * step / steps))
        with torch.no_grad():
            shallow = network.shallow(image, FROZEN_BLOCKS)
            before = start.maps(start.deep([answer[:PICTURES] for answer in shallow])[-1])[0]
        features = network.deep(shallow)[-1]
        centres, errors = finder_loss(network.centre(features)[:, 0], network.maps(features)[1], targets(batch, before))
        optimizer.zero_grad()
        (centres + 2.0 * errors).backward()
        nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 5.0)
        optimizer.step()
        _mix(average, network, min(AVERAGE, (step + 1) / (step + 11)))
        if on_step is not None:
            on_step(step + 1, centres.item(), errors.item(), average)
    return average.eval()


def _groups(network: MultiPose) -> list[dict]:
    """Each tensor of the deep part of the trunk, and of all behind it, with a rate of its own."""
    trunk = [p for block in network.blocks[FROZEN_BLOCKS:] for p in block.parameters()] + list(network.last.parameters())
    heads = (network.top, network.fusion, network.centre, network.box_offset, network.box_scale)
    rates = [(p, TRUNK_RATE) for p in trunk] + [(p, HEAD_RATE) for module in heads for p in module.parameters()]
    sizes = [max(float(p.detach().square().mean().sqrt()), LEAST_SIZE) for p, _ in rates]
    return [{"params": [p], "lr": 0.0, "top": rate * size} for (p, rate), size in zip(rates, sizes, strict=True)]


@torch.no_grad()
def _mix(average: nn.Module, network: nn.Module, keep: float) -> None:
    for ours, theirs in zip(average.parameters(), network.parameters(), strict=True):
        ours.lerp_(theirs, 1 - keep)


def with_own_data(notes: dict[str, str]) -> dict[str, str]:
    """Notes that also say what this training added."""
    lines = json.loads(notes.get("training_data", "[]"))
    return {**notes, "training_data": json.dumps(lines + [line for line in TRAINING_DATA if line not in lines])}


@one_line()
def main() -> None:
    from tqdm import tqdm

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--start", type=Path, required=True, help="what sspnet_train.finder.start wrote")
    parser.add_argument("--pictures", type=Path, required=True, help="folder of pictures.tar and pictures.npz")
    parser.add_argument("--empty", type=Path, required=True, help="folder of .webp panoramas without people")
    parser.add_argument("--steps", type=at_least(1), default=220, help="of seven views each")
    parser.add_argument("--seed", type=at_least(0), default=0)
    parser.add_argument("--threads", type=at_least(1), default=1)
    parser.add_argument("--out", type=Path, default=Path("finder.safetensors"))
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    start, notes = load_finder(given.start)
    notes = with_own_data(notes)
    people, empty = WholePictures(given.pictures, "train"), list(panoramas(given.empty, "train").values())
    with tqdm(total=given.steps, unit="step") as bar:

        def on_step(step: int, centres: float, errors: float, average: MultiPose) -> None:
            bar.set_postfix_str(f"centres {centres:.3f}, boxes {errors:.4f}", refresh=False)
            bar.update()
            if step % SAVE_EVERY == 0:
                save_finder(given.out, average, notes)

        save_finder(given.out, train(start, people, empty, given.steps, seed=given.seed, on_step=on_step), notes)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
