"""Elastic net on poses (Eq. 11) and binary cross-entropy on confidence (Eq. 12), summed over all heads."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from sspnet_train.data.sample import FLIP_ORDER
from sspnet_train.network.blocks import FIRST_FOOT_JOINT, Prediction
from sspnet_train.network.soft_argmax import pixel_centres

CONFIDENCE_WEIGHT = 0.01
CORRECT_WITHIN_TORSO = 0.2
SWAP_COST = 4.0
"""Confidence costs so much more in a joint that lies where its partner of the other side is."""
REACH_TORSO = 0.15
TEMPER, SPREAD_CELLS, SPREAD_TORSO, SMALLEST_MAP = 2.0, 0.5, 0.08, 4
"""Of `located`: how much flatter the map is that is to be honest; how wide the truth is; below which maps are left alone."""
FEET_LOCATED = 20.0
"""Feet count so many times in `located`: they start from a rough guess."""


class Targets(NamedTuple):
    """What a batch of crops should be answered with.

    Attributes:
        target: (N, J, 3) u, v, z in [0, 1].
        weight: (N, J, 3) trust in each coordinate.
        present: (N, J) 1, 0 or NaN.
        torso: (N,) in crop units.
        first_view: (N,) which crop of the batch shows the same person in almost the same view; itself where none does.
    """

    target: Tensor
    weight: Tensor
    present: Tensor
    torso: Tensor
    first_view: Tensor


class LabelCounts(NamedTuple):
    """How many labels a batch has. Losses are divided by it.

    Attributes:
        joints: sum of the weights.
        confidences: joints that are known to be there or not.

    Under several ranks these are means over ranks, so that the mean of the ranks' losses is the loss of the global batch.
    """

    joints: Tensor
    confidences: Tensor


def label_counts(targets: Targets) -> LabelCounts:
    return LabelCounts(targets.weight[..., 0].sum(), (~targets.present.isnan()).sum().float())


def elastic_net(pose: Tensor, targets: Targets, count: Tensor | None = None) -> Tensor:
    """|p - p̂|₁ + |p - p̂|₂² per joint (Eq. 11), weighted by coordinate, mean over labelled joints (`count` of them)."""
    error, weight = _errors(pose, targets)
    count = weight[..., 0].sum() if count is None else count
    return ((error.abs() + error.square()) * weight).sum() / count.clamp(min=1.0)


def _errors(pose: Tensor, targets: Targets) -> tuple[Tensor, Tensor]:
    """Of each coordinate that `pose` (N, J, 2 or 3) has, and the trust in its label."""
    axes = pose.shape[2]
    return pose - targets.target[..., :axes], targets.weight[..., :axes]


def missed(pose: Tensor, targets: Targets, count: Tensor) -> Tensor:
    """1 - exp(-d² / 2σ²) per joint in the image, σ = 0.15 torso, weighted, mean over labelled joints.

    The elastic net's best answer to "left or right?" is the middle, where no joint is. This one's is one of the two.
    """
    distance2 = (pose[..., :2] - targets.target[..., :2]).square().sum(dim=2)
    reach2 = (REACH_TORSO * targets.torso[:, None]).square()
    return ((1 - torch.exp(-distance2 / (2 * reach2))) * targets.weight[..., 0]).sum() / count.clamp(min=1.0)


def inconsistent(pose: Tensor, targets: Targets, count: Tensor) -> Tensor:
    """|(p - p̂) - (p' - p̂')|₁ per joint, where p' answers the first view: what shakes when the box of a person does.

    Weighted by coordinate, mean over the labelled joints of the batch.
    """
    error, weight = _errors(pose, targets)
    return ((error - error[targets.first_view]).abs() * weight).sum() / count.clamp(min=1.0)


def located(heatmap: Tensor, targets: Targets, count: Tensor) -> Tensor:
    """Cross-entropy of a head's tempered map (Φ^(1/T), normalised) against a Gaussian around the joint.

    A refining head's map is narrow around the pose before it, and hardly any gradient of the expectation comes from a place far
    off. This one comes from there at full strength, so late heads learn to move joints that earlier ones put elsewhere.

    Args:
        heatmap: (N, J, H, W), each map summing to 1.
        targets: where the joints are.
        count: labelled joints of the batch.

    Returns:
        The mean over labelled joints in the crop.
    """
    height, width = heatmap.shape[2:]
    logs = torch.log_softmax(heatmap.clamp(min=1e-30).log().flatten(2) / TEMPER, dim=2)
    with torch.no_grad():
        across = pixel_centres(width, logs) - targets.target[..., 0:1]
        down = pixel_centres(height, logs) - targets.target[..., 1:2]
        distance2 = across.square()[:, :, None] + down.square()[..., None]
        spread2 = (SPREAD_CELLS / width) ** 2 + (SPREAD_TORSO * targets.torso).square()
        truth = torch.softmax((-distance2 / (2 * spread2[:, None, None, None])).flatten(2), dim=2)
        inside = ((targets.target[..., :2] - 0.5).abs() < 0.5).all(dim=2)
        weight = targets.weight[..., 0] * inside
        weight[:, FIRST_FOOT_JOINT:] *= FEET_LOCATED
    return (-(truth * logs).sum(dim=2) * weight).sum() / count.clamp(min=1.0)


def confidence_loss(
    prediction: Prediction, targets: Targets, meaning: Literal["present", "correct"], count: Tensor | None = None
) -> Tensor:
    """Binary cross-entropy of the confidence (Eq. 12).

    Args:
        prediction: of one head.
        targets: where the joints are.
        meaning: "present": c = 1 for a joint in the crop, as in the paper. "correct": c = 1 where the joint is also found within
            0.2 torso, which makes the confidence a probability of being right.
        count: joints that are known to be there or not; counted here where it is not given.
    """
    known = ~targets.present.isnan()
    truth = torch.nan_to_num(targets.present)
    if meaning == "correct":
        distance = (prediction.pose.detach()[..., :2] - targets.target[..., :2]).norm(dim=2)
        truth = truth * (distance < CORRECT_WITHIN_TORSO * targets.torso[:, None])
    bce = F.binary_cross_entropy(prediction.confidence.clamp(1e-4, 1 - 1e-4), truth, reduction="none")
    dear = 1 + (SWAP_COST - 1) * swapped(prediction.pose.detach(), targets) if meaning == "correct" else 1.0
    count = known.sum() if count is None else count
    return (bce * dear * known).sum() / count.clamp(min=1)


def swapped(pose: Tensor, targets: Targets) -> Tensor:
    """(N, J) 1 where a joint is not found, and its partner's place of the other side is nearer than its own."""
    order = list(FLIP_ORDER[: pose.shape[1]])
    own = (pose[..., :2] - targets.target[..., :2]).norm(dim=2)
    other = (pose[..., :2] - targets.target[:, order, :2]).norm(dim=2)
    labelled = (targets.weight[..., 0] > 0) & (targets.weight[:, order, 0] > 0)
    return ((other < own) & (own > CORRECT_WITHIN_TORSO * targets.torso[:, None]) & labelled).float()


def total_loss(
    predictions: list[Prediction], given: list[Tensor], targets: Targets, head_weights: list[float],
    meaning: Literal["present", "correct"], counts: LabelCounts | None = None, missed_weight: float = 0.0,
    located_weight: float = 0.0, consistency: float = 0.0,
) -> tuple[Tensor, list[float]]:  # fmt: skip
    """Weighted mean over heads, plus the poses that entries gave (`SSPNet.answers`).

    Returns:
        The loss, and the elastic net of each head (detached).
    """
    counts = counts or label_counts(targets)

    def of_pose(pose: Tensor, net: Tensor) -> Tensor:
        net = net + missed_weight * missed(pose, targets, counts.joints) if missed_weight else net
        return net + consistency * inconsistent(pose, targets, counts.joints) if consistency else net

    nets = [elastic_net(prediction.pose, targets, counts.joints) for prediction in predictions]
    heads = zip(head_weights, predictions, nets, strict=True)
    loss = torch.stack([weight * of_pose(prediction.pose, net) for weight, prediction, net in heads]).sum() / sum(head_weights)
    for prediction in predictions:
        if min(prediction.heatmap.shape[2:]) > 2:
            loss = loss + CONFIDENCE_WEIGHT * confidence_loss(prediction, targets, meaning, counts.confidences) / len(predictions)
    if located_weight:
        maps = [pair for pair in zip(head_weights, predictions, strict=True) if min(pair[1].heatmap.shape[2:]) >= SMALLEST_MAP]
        parts = [weight * located(prediction.heatmap, targets, counts.joints) for weight, prediction in maps]
        loss = loss + located_weight * torch.stack(parts).sum() / sum(weight for weight, _ in maps)
    for pose in given:
        loss = loss + of_pose(pose, elastic_net(pose, targets, counts.joints))
    return loss, [net.item() for net in nets]
