"""Fit each answering head's confidence so that it is a probability: that the joint lies within 0.2 torso of the truth.

    python -m sspnet_train.training.calibrate checkpoint.safetensors --data /data/people3d --data /data/synth3d \\
        --out mine.safetensors

It is fitted on every other held-out person. The rest say how well it went.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from sspnet_sdk.pose import BODY_JOINTS
from sspnet_train.command_numbers import at_least
from sspnet_train.data.augment import Augmentation
from sspnet_train.data.catalog import even_shares, open_split, parse_data, with_people
from sspnet_train.data.sample import SampleSource
from sspnet_train.errors import DataError, TrainingError, one_line
from sspnet_train.network.blocks import PredictionBlock
from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint
from sspnet_train.network.model import SSPNet
from sspnet_train.network.request import check_cuts
from sspnet_train.network.soft_argmax import peak_mass
from sspnet_train.training.batches import Batches
from sspnet_train.training.losses import CORRECT_WITHIN_TORSO, Targets
from sspnet_train.training.recipes import RECIPES

Crops = Iterable[tuple[Tensor, Targets]]

SURE = 0.8
FEWEST_LABELS = 30
"""Of a joint, for an offset of its own."""
VIEWS = Augmentation(scale=(0.85, 1.25), rotation_deg=15.0, shift=0.05, gain=0.05, paste=0.2, occlude=0.1)
"""Held-out people as a runtime's boxes would show them, some cut off by the crop's border."""


@torch.no_grad()
def _evidence(network: SSPNet, batches: Crops, cuts: Sequence[int]) -> dict[int, tuple[Tensor, Tensor, Tensor]]:
    """What joints' confidences can be told from, by cut.

    Returns:
        Signs (n, 4): logit of the 2x2 mass, 1, log of the map's cells, the head's evidence. Truth (n,): 1 where the joint was
        found within 0.2 torso. Joint (n,): its number.
    """
    found: dict[int, list[tuple[Tensor, Tensor, Tensor]]] = {cut: [] for cut in cuts}
    for image, targets in batches:
        predictions = network(image, max(cuts))
        known = ~targets.present.isnan()
        for cut in cuts:
            prediction = predictions[cut * network.config.levels - 1]
            heatmap = prediction.heatmap
            cells = torch.log(torch.tensor(heatmap.shape[2] * heatmap.shape[3] / 1024.0))
            mass = torch.logit(peak_mass(heatmap).clamp(1e-4, 1 - 1e-4))
            slope, offset, growth = _head(network, cut).calibration
            evidence = torch.logit(prediction.confidence) - (slope * mass + offset + growth * cells)
            signs = torch.stack([mass, torch.ones_like(mass), cells.expand_as(mass), evidence], dim=2)[known]
            joint = torch.arange(known.shape[1]).expand_as(known)[known]
            found[cut].append((signs, _correct(prediction.pose, targets)[known], joint))
    return {cut: (*(torch.cat(column) for column in zip(*parts, strict=True)),) for cut, parts in found.items()}  # type: ignore[misc]


def _correct(pose: Tensor, targets: Targets) -> Tensor:
    distance = (pose[..., :2] - targets.target[..., :2]).norm(dim=2)
    return torch.nan_to_num(targets.present) * (distance < CORRECT_WITHIN_TORSO * targets.torso[:, None])


def fit_logistic(features: Tensor, truth: Tensor) -> Tensor:
    """Maximum-likelihood weights of a logistic regression. (n, d), (n,) -> (d,)."""
    weights = torch.zeros(features.shape[1], dtype=torch.float64, requires_grad=True)
    x, y = features.double(), truth.double()
    optimizer = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.binary_cross_entropy_with_logits(x @ weights, y)
        value.backward()
        return value

    optimizer.step(loss)  # type: ignore[arg-type]
    return weights.detach().float()


def shift_to(logits: Tensor, share: float) -> float:
    """The number that, added to every logit, makes the mean probability `share`."""
    low, high = -20.0, 20.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if torch.sigmoid(logits + middle).mean() < share else (low, middle)
    return (low + high) / 2


def calibrate(network: SSPNet, batches: Crops, cuts: Sequence[int]) -> dict[int, Tensor]:
    """Fit the confidence of refining heads that answer for `cuts`: their `calibration`, and the scale of their evidence.

    Body joints share these numbers. Each joint of face and feet also has an offset of its own, so that its mean confidence is the
    share that is found.

    Args:
        network: changed in place.
        batches: held-out people at every size that the network will run at, with joints outside the crop and pictures of nobody
            among them.
        cuts: pyramids 1…K.

    Returns:
        Four numbers for each cut.

    Raises:
        TrainingError: the heads are no refining ones.
    """
    if network.config.heads != "refining":
        raise TrainingError(
            f"a network {network.config.name!r} has nothing to fit: only refining heads, as of edge, weigh evidence"
        )
    network.eval()
    found = {}
    for cut, (signs, truth, joint) in _evidence(network, batches, cuts).items():
        body = joint < BODY_JOINTS
        head, found[cut] = _head(network, cut), fit_logistic(signs[body], truth[body])
        with torch.no_grad():
            head.calibration.copy_(found[cut][:3])
            for parameter in head.to_evidence.parameters():
                parameter.mul_(found[cut][3])
            assert head.to_evidence.bias is not None
            for number in range(BODY_JOINTS, len(head.to_evidence.bias)):
                mine = joint == number
                if mine.sum() >= FEWEST_LABELS:
                    head.to_evidence.bias[number] += shift_to(signs[mine] @ found[cut], float(truth[mine].mean()))
    return found


def _head(network: SSPNet, cut: int) -> PredictionBlock:
    return network.pyramids[cut - 1][-1].head  # type: ignore[index, return-value]


def every_other(source: SampleSource, first: int) -> SampleSource:
    """Samples first, first + 2, …"""
    return SampleSource(source.name, (len(source) - first + 1) // 2, lambda i: source[2 * i + first])


@torch.no_grad()
def reliability(network: SSPNet, batches: Crops, cuts: Sequence[int]) -> dict[int, dict[str, float]]:
    """How well confidences hold, by cut.

    Returns:
        `sure`: the share of joints in the picture with c > 0.8; `sure_right`: the share of those within 0.2 torso; and the
        mean of c where joints are `right`, `wrong` or `outside` the crop, and where there is `nobody`. What the people have no
        joint of is left out.
    """
    network.eval()
    found: dict[int, list[Tensor]] = {cut: [] for cut in cuts}
    for image, targets in batches:
        predictions = network(image, max(cuts))
        known = ~targets.present.isnan()
        nobody = ((targets.weight[..., 0] == 0) & known).all(dim=1, keepdim=True).expand_as(known)
        for cut in cuts:
            prediction = predictions[cut * network.config.levels - 1]
            rows = [prediction.confidence, _correct(prediction.pose, targets), targets.present, nobody]
            found[cut].append(torch.stack([row.float() for row in rows], dim=2)[known])
    return {cut: reliability_of(*torch.cat(parts).unbind(dim=1)) for cut, parts in found.items()}


def reliability_of(c: Tensor, right: Tensor, present: Tensor, nobody: Tensor) -> dict[str, float]:
    there = present > 0
    sure = there & (c > SURE)
    means = {
        "sure": (sure.float(), there), "sure_right": (right, sure), "right": (c, there & (right > 0)),
        "wrong": (c, there & (right == 0)), "outside": (c, ~there & (nobody == 0)), "nobody": (c, nobody > 0),
    }  # fmt: skip
    return {name: round(float(values[of].mean()), 3) for name, (values, of) in means.items() if of.any()}


@one_line()
def main() -> None:
    from tqdm import trange

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", action="append", required=True, metavar="[NAME=]FOLDER", help="their held-out people are used")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cuts", type=int, nargs="+", default=[2, 4, 8])
    parser.add_argument("--batches", type=at_least(1), default=60)
    given = parser.parse_args()
    network, notes = load_network(given.checkpoint), read_checkpoint(given.checkpoint)[2]
    check_cuts(network.config, given.cuts)
    data = parse_data(given.data)
    if not with_people(data):
        raise DataError("no data set with people in it: give at least one")
    sources = {name: open_split(name, folder, "val", "coco") for name, folder in data.items()}
    recipe = replace(RECIPES["edge"], augmentation=VIEWS, shares=even_shares(sources))
    joints = network.config.joints
    halves = [{name: every_other(source, first) for name, source in sources.items()} for first in (0, 1)]
    if few := [name for name, source in halves[1].items() if not len(source)]:
        raise DataError(f"{', '.join(few)} has one held-out person: the fit needs one, and another says how well it went")

    def crops(half: int, what: str) -> Crops:
        batches = Batches(recipe, halves[half], given.batches, seed=1 + half, joints=joints)
        return (batches[step] for step in trange(given.batches, desc=what, unit="batch"))

    for cut, numbers in calibrate(network, crops(0, "the fit"), given.cuts).items():
        print("cut {}: mass {:.3f}, offset {:.3f}, log of cells {:.3f}, evidence {:.3f}".format(cut, *numbers))
    for cut, shares in reliability(network, crops(1, "the others"), given.cuts).items():
        print(f"cut {cut} on the others: {shares}")
    save_checkpoint(given.out, network.config, network.state_dict(), notes, network.bodies)


if __name__ == "__main__":
    main()
