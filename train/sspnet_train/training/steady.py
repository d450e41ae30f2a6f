"""Answers to two views of one crop must agree: what differs between them is what shakes in a video.

That noise is below a pixel of the crop. The loss of a pose hardly sees it beside the errors that labels have themselves.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from sspnet_train.network.blocks import Prediction
from sspnet_train.training.draw import Draw
from sspnet_train.training.losses import Targets
from sspnet_train.training.other_view import OtherView, other_view

SHARE, REACH = 0.4, 0.25
"""Of the batches that are made of pairs; and how far apart two views are, against `other_view`'s own."""


class Pairs(NamedTuple):
    """A batch whose second half shows the crops of the first half again.

    Attributes:
        image: (2N, 3, H, W) in [-1, 1].
        targets: of 2N crops.
        view: the N crops of the second half.
    """

    image: Tensor
    targets: Targets
    view: OtherView


def in_pairs(image: Tensor, targets: Targets, seed: tuple[int, ...]) -> Pairs | None:
    """The first half of the batch twice; None for the batches that stay as they are, and those of one crop."""
    count = len(image) // 2
    draw = Draw.seeded(seed, count, image.device)
    if not count or torch.rand(1, generator=draw.chance).item() >= SHARE:
        return None
    first = Targets(*(values[:count] for values in targets))
    view = other_view(image[:count], draw, REACH)
    target = torch.cat([view.of_crop(first.target[..., :2]), first.target[..., 2:]], dim=2)
    torso = first.torso / torch.linalg.det(view.theta[:, :, :2]).sqrt()
    second = first._replace(target=target, torso=torso)
    both = Targets(*(torch.cat(pair) for pair in zip(first, second, strict=True)))
    return Pairs(torch.cat([image[:count], view.image]).contiguous(memory_format=torch.channels_last), both, view)


def disagreement(predictions: list[Prediction], pairs: Pairs, head_weights: list[float]) -> Tensor:
    """|p - p'| of two views, summed over u, v and z, mean over the joints of people; weighted mean over heads."""
    count = len(pairs.view.image)
    somebody = (pairs.targets.weight[:count, :, 0] > 0).any(dim=1)
    apart = []
    for prediction in predictions:
        pose, there = prediction.pose[:count].float(), prediction.pose[count:].float()
        here = torch.cat([pairs.view.to_crop(there[..., :2]), there[..., 2:]], dim=2)
        by_crop = (pose - here).abs().sum(dim=2).mean(dim=1)
        apart.append((by_crop * somebody).sum() / somebody.sum().clamp(min=1))
    weights = torch.tensor(head_weights, device=apart[0].device)
    return (weights * torch.stack(apart)).sum() / weights.sum()
