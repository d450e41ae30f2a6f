"""Joints in millimetres from an answer alone: the depths that the network says, and one scale per person for the picture."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sspnet_train.data.crop import DEPTH_RANGE_MM
from sspnet_train.data.sample import BODY_PARENTS, CANONICAL_BONES_MM

CHILDREN = list(CANONICAL_BONES_MM)
PARENTS = [BODY_PARENTS[child] for child in CHILDREN]
LENGTHS = list(CANONICAL_BONES_MM.values())


def at_one_scale(pose: Tensor) -> Tensor:
    """(N, 17, 4) u, v, z, confidence -> (N, 17, 3) mm from the pelvis.

    u and v are taken at the scale s at which limb bones come nearest to their canonical lengths L (least squares):
    s² = Σ w·l²·max(L² - Δz², 0) / Σ w·l⁴. w is the lower confidence of a bone's two joints, l its length in the picture.
    """
    depth = (pose[..., 2] - 0.5) * DEPTH_RANGE_MM
    child, parent = of_joints(pose, CHILDREN), of_joints(pose, PARENTS)
    flat2 = (child[..., :2] - parent[..., :2]).square().sum(dim=2)
    across = (child[..., 2] - parent[..., 2]) * DEPTH_RANGE_MM
    seen = (pose.new_tensor(LENGTHS).square() - across.square()).clamp(min=0)
    weight = child[..., 3].minimum(parent[..., 3]) + 1e-3
    scale = ((weight * flat2 * seen).sum(dim=1) / ((weight * flat2.square()).sum(dim=1) + 1e-12)).sqrt()
    joints = torch.cat([pose[..., :2] * scale[:, None, None], depth.unsqueeze(2)], dim=2)
    return joints - joints[:, :1]


def of_joints(values: Tensor, joints: Sequence[int]) -> Tensor:
    """Rows of some joints, (N, J, …) -> (N, len(joints), …). In a graph it is one step, where an index would be five."""
    return values.index_select(1, torch.tensor(joints, device=values.device))
