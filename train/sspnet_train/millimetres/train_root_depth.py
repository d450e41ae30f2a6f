"""Train the root's depth network of a checkpoint: python -m sspnet_train.millimetres.train_root_depth --help.

The pose network stays as it is. So F_1^3 is computed once for some views of every person, and the MLP learns from those in
seconds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sspnet_train.command_numbers import at_least
from sspnet_train.data.crop import BOX_SCALE, DEPTH_RANGE_MM, view_matrix, warp
from sspnet_train.data.sample import FLIP_ORDER, Sample, SampleSource
from sspnet_train.errors import DataError, one_line
from sspnet_train.millimetres.root_depth import RootDepth, box_features, root_features, save_root_depth
from sspnet_train.network.model import SSPNet
from sspnet_train.network.network_input import network_input
from sspnet_train.network.request import check_size

Progress = Callable[[int, int], None]
SIZES = (128, 192, 256)
JITTER_SCALE, JITTER_SHIFT = 0.15, 0.05
SQUARE_SHARE = 0.15
"""Views whose box is a square around the person: what callers give who know no better."""
IN_VIDEO, NOISE = 0.5, 0.015
"""Views that have a frame before (`noisy_joints`), and how far it is off, in shares of the crop."""


class Distances(NamedTuple):
    """Views of people, and how far away they are.

    Attributes:
        features: (n, width) F_1^3.
        boxes: (n, 6) of `box_features`.
        truth: (n,) mm from the camera to the root.
    """

    features: Tensor
    boxes: Tensor
    truth: Tensor

    def rows(self, rows: Tensor) -> Distances:
        return Distances(self.features[rows], self.boxes[rows], self.truth[rows])


@torch.no_grad()
def see(
    network: SSPNet, source: SampleSource, people: Sequence[int], sizes: Sequence[int], *, views: int = 1, jitter: bool = True,
    seed: int = 0, batch: int = 16, on_progress: Progress = lambda done, count: None,
) -> Distances:  # fmt: skip
    """What the network gives for some views of each person.

    Args:
        network: whose features are taken.
        source: the people.
        people: indices into it.
        sizes: sides of the input in pixels; every view has one of them.
        views: of each person.
        jitter: move boxes as detectors would, and mirror half of them; else take the true boxes.
        seed: decides views.
        batch: people in one pass.
        on_progress: called with the views done and their number.

    Raises:
        DataError: the set has no absolute depths.
        TrainingOptionError: a size that the network does not have.
    """
    for size in sizes:
        check_size(network.config, size)
    network.eval()
    width = network.config.width_at(network.config.levels)
    found = Distances(
        torch.zeros(views * len(people), width), torch.zeros(views * len(people), 6), torch.zeros(views * len(people))
    )
    order = [person for person in people for _ in range(views)]
    for start in range(0, len(order), batch):
        size = sizes[start // batch % len(sizes)]
        pictures, previous = [], torch.zeros(min(batch, len(order) - start), network.config.joints, 4)
        for row in range(start, min(start + batch, len(order))):
            rng = np.random.default_rng((seed, row))
            view = _view(source, order[row], size, rng if jitter else None)
            found.boxes[row], found.truth[row] = view.box, view.truth
            if network.previous is not None and jitter and rng.random() < IN_VIDEO:
                previous[row - start] = noisy_joints(view, network.config.joints, rng)
            pictures.append(view.picture)
        device = next(network.parameters()).device
        image, previous = network_input(pictures).to(device), previous.to(device)
        found.features[start : start + len(pictures)] = root_features(network, image, previous).cpu()
        on_progress(start + len(pictures), len(order))
    return found


class View(NamedTuple):
    """A picture (size, size, 3) of somebody, their joints (J, 3) u, v, z in it, `box_features`, mm from the camera."""

    picture: np.ndarray
    joints: np.ndarray
    box: Tensor
    truth: float


def noisy_joints(view: View, joints: int, rng: np.random.Generator) -> Tensor:
    """(joints, 4) u, v, z, confidence as the network would have said them in a video's frame before."""
    previous = np.zeros((joints, 4), np.float32)
    known = min(joints, len(view.joints))
    previous[:known, :3] = view.joints[:known] + rng.normal(0.0, NOISE, (known, 3))
    previous[:known, 3] = rng.uniform(0.3, 1.0, known)
    return torch.from_numpy(previous)


def _view(source: SampleSource, person: int, size: int, rng: np.random.Generator | None) -> View:
    sample = source[person]
    if sample.root_z is None:
        raise DataError(f"{source.name} has no absolute depths to learn from; synth3d, human36m and mpi-inf-3dhp have")
    box = sample.box if rng is None else jittered_box(sample, rng)
    features, mirror = box_features(sample, box), rng is not None and rng.random() < 0.5
    if mirror:
        features[4] = -features[4]
    x, y, w, h = (float(value) for value in box)
    view = view_matrix(np.array([x + w / 2, y + h / 2]), BOX_SCALE * max(w, h), size, mirror=mirror)
    uv = (sample.keypoints @ view[:, :2].T + view[:, 2]) / size
    joints = np.column_stack([uv, sample.depth / DEPTH_RANGE_MM + 0.5])
    if mirror:
        joints = joints[list(FLIP_ORDER[: len(joints)])]
    return View(warp(sample.image, view, size), joints, features, float(sample.root_z))


def jittered_box(sample: Sample, rng: np.random.Generator) -> np.ndarray:
    """The person's box as a detector might give it: moved, larger or smaller, each side by its own."""
    x, y, w, h = (float(value) for value in sample.box)
    centre = np.array([x + w / 2, y + h / 2]) + rng.uniform(-JITTER_SHIFT, JITTER_SHIFT, 2) * max(w, h)
    sides = np.array([w, h]) * np.exp(rng.uniform(-JITTER_SCALE, JITTER_SCALE) + rng.uniform(-0.07, 0.07, 2))
    if rng.random() < SQUARE_SHARE:
        sides[:] = sides.max()
    return np.concatenate([centre - sides / 2, sides])


def fit(
    views: Distances, width: int, steps: int, *, batch: int = 256, lr: float = 1e-3, decay: float = 1.0, seed: int = 0
) -> RootDepth:
    """Train the root's depth network on those views. fp16 holds its weights exactly."""
    torch.manual_seed(seed)
    root = RootDepth(width)
    optimizer = torch.optim.AdamW(root.parameters(), lr=lr, weight_decay=decay)
    for step in range(steps):
        some = views.rows(torch.randint(len(views.truth), (batch,)))
        for group in optimizer.param_groups:
            group["lr"] = lr * 0.5 * (1 + np.cos(np.pi * step / steps))
        loss = F.smooth_l1_loss(root(some.features, some.boxes) + some.boxes[:, 0], torch.log(some.truth / 1000.0), beta=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return root.half().float().eval()


def errors(root: RootDepth, views: Distances) -> dict[str, float]:
    """Medians over the views of |Z - truth|: in mm, and as a share of the truth."""
    with torch.no_grad():
        away = (root.absolute(views.features, views.boxes) - views.truth).abs().numpy()
    share = float(np.median(away / views.truth.numpy()))
    return {"median_mm": round(float(np.median(away)), 1), "median_share": round(share, 4)}


def together(sources: Sequence[SampleSource]) -> SampleSource:
    """All people of several sets, one set after the other."""
    starts = np.cumsum([0, *map(len, sources)])

    def read(index: int) -> Sample:
        which = int(np.searchsorted(starts, index, side="right")) - 1
        return sources[which][index - int(starts[which])]

    return SampleSource(", ".join(source.name for source in sources), int(starts[-1]), read, definition=sources[0].definition)


@one_line()
def main() -> None:
    from tqdm import tqdm

    from sspnet_train.data.catalog import common_definition, open_split, parse_data
    from sspnet_train.network.checkpoint import load_network

    parser = argparse.ArgumentParser(description="Train the root's depth network that goes with a checkpoint.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument(
        "--data", required=True, nargs="+", action="extend", metavar="[NAME=]FOLDER",
        help="with depths: synth3d, human36m, mpi-inf-3dhp",
    )  # fmt: skip
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="sides of the input, pixels")
    parser.add_argument("--people", type=at_least(1), default=20_000, help="at most so many of the training set")
    parser.add_argument("--steps", type=at_least(1), default=2000)
    parser.add_argument("--threads", type=at_least(1), default=1)
    parser.add_argument("--out", type=Path, default=Path("root_depth.safetensors"))
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    data = parse_data(given.data)
    network = load_network(given.checkpoint)
    train, held_out = (
        together([open_split(name, folder, split, common_definition(data)) for name, folder in data.items()])
        for split in ("train", "val")
    )
    people = np.random.default_rng(0).permutation(len(train))[: given.people].tolist()
    with tqdm(total=len(people), unit="people") as bar:
        views = see(network, train, people, given.sizes, on_progress=lambda done, _: bar.update(done - bar.n))
    root = fit(views, network.config.width_at(network.config.levels), given.steps)
    found: dict[str, dict[str, float]] = {}
    for size in given.sizes:
        for boxes, jitter in (("true boxes", False), ("jittered boxes", True)):
            error = errors(root, see(network, held_out, range(len(held_out)), [size], jitter=jitter, seed=1))
            print(f"{size} px, {boxes}: median {error['median_mm']:.0f} mm, {100 * error['median_share']:.1f} %")
            found[f"{size} px, {boxes}"] = error
    save_root_depth(given.out, root, network, found)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
