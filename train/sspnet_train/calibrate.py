"""Fit each answering head's confidence so that it means a probability: that the joint is within 0.2 torso of the truth."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .batches import Batches
from .losses import CORRECT_WITHIN_TORSO, Targets
from .model import SSPNet
from .soft_argmax import peak_mass


@torch.no_grad()
def _evidence(network: SSPNet, batches: Batches, cut: int) -> tuple[Tensor, Tensor]:
    """-> features (n, 3): logit of the 2x2 mass, 1, log of the map's cells; truth (n,): found within reach."""
    features, truths = [], []
    for step in range(len(batches)):
        image, targets = batches[step]
        prediction = network(image, cut)[-1]
        heatmap = prediction.heatmap
        cells = torch.log(torch.tensor(heatmap.shape[2] * heatmap.shape[3] / 1024.0))
        mass = torch.logit(peak_mass(heatmap).clamp(1e-4, 1 - 1e-4))
        known = ~targets.present.isnan()
        features.append(torch.stack([mass, torch.ones_like(mass), cells.expand_as(mass)], dim=2)[known])
        truths.append(_correct(prediction.pose, targets)[known])
    return torch.cat(features), torch.cat(truths)


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


def calibrate(network: SSPNet, batches: Batches, cuts: Sequence[int]) -> dict[int, Tensor]:
    """Set `calibration` of the heads that answer for `cuts` (refining heads only). -> the three numbers of each cut.

    batches: held-out people, joints outside the crop and pictures with nobody in them, at every size the network will run at.
    """
    network.eval()
    found = {}
    for cut in cuts:
        head = network.pyramids[cut - 1][-1].head  # type: ignore[index]
        found[cut] = fit_logistic(*_evidence(network, batches, cut))
        with torch.no_grad():
            head.calibration.copy_(found[cut])
    return found
