"""Elastic net on poses (Eq. 11) and binary cross-entropy on confidence (Eq. 12), summed over all heads."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .blocks import Prediction

CONFIDENCE_WEIGHT = 0.01
CORRECT_WITHIN_TORSO = 0.2


class Targets(NamedTuple):
    """target: (N, J, 3) u, v, z in [0, 1]; weight: (N, J, 3); present: (N, J) 1, 0 or NaN; torso: (N,) in crop units."""

    target: Tensor
    weight: Tensor
    present: Tensor
    torso: Tensor


def elastic_net(pose: Tensor, targets: Targets) -> Tensor:
    """|p - p̂|₁ + |p - p̂|₂² per joint (Eq. 11), weighted by coordinate, mean over the joints that have a label."""
    error = pose - targets.target[..., : pose.shape[2]]
    weight = targets.weight[..., : pose.shape[2]]
    return ((error.abs() + error.square()) * weight).sum() / weight[..., 0].sum().clamp(min=1.0)


def confidence_loss(prediction: Prediction, targets: Targets, meaning: Literal["present", "correct"]) -> Tensor:
    """Binary cross-entropy (Eq. 12). "present": c = 1 for a joint in the crop, as in the paper; "correct": 1 where the joint is in the
    crop and found within 0.2 torso, which makes the confidence a probability of being right."""
    known = ~targets.present.isnan()
    truth = torch.nan_to_num(targets.present)
    if meaning == "correct":
        distance = (prediction.pose.detach()[..., :2] - targets.target[..., :2]).norm(dim=2)
        truth = truth * (distance < CORRECT_WITHIN_TORSO * targets.torso[:, None])
    bce = F.binary_cross_entropy(prediction.confidence.clamp(1e-4, 1 - 1e-4), truth, reduction="none")
    return (bce * known).sum() / known.sum().clamp(min=1)


def total_loss(
    predictions: list[Prediction], first_pose: Tensor | None, targets: Targets, head_weights: list[float],
    meaning: Literal["present", "correct"],
) -> tuple[Tensor, list[float]]:  # fmt: skip
    """Weighted mean over heads, first pose included where there is one. -> loss, elastic net of each head (detached)."""
    nets = [elastic_net(prediction.pose, targets) for prediction in predictions]
    loss = sum(weight * net for weight, net in zip(head_weights, nets, strict=True)) / sum(head_weights)
    for prediction in predictions:
        if min(prediction.heatmap.shape[2:]) > 2:
            loss = loss + CONFIDENCE_WEIGHT * confidence_loss(prediction, targets, meaning) / len(predictions)
    if first_pose is not None:
        loss = loss + elastic_net(first_pose, targets)
    return loss, [net.item() for net in nets]
