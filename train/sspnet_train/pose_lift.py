"""Joints in millimetres from a cut's answer: the network's own depths, and what a body that looks like this is likely to do.

A lifting network that saw nothing but motion capture knows how limbs move; the picture knows which of two depths it is.
Their mean is nearer to the truth than either.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .augment import DEPTH_RANGE_MM
from .data.sample import CANONICAL_BONES_MM, FLIP_ORDER, PARENTS
from .labels.lifter import INPUT_JOINTS, load_lifter

KNOWN_ABOVE = 0.2
"""Confidence below which a joint's place is not told to the lifting network."""
FEWEST_KNOWN = 6
_CHILDREN = list(CANONICAL_BONES_MM)
_PARENTS = [PARENTS[child] for child in _CHILDREN]


class PoseLift(nn.Module):
    """(N, 17, 4) u, v, z, confidence, all in [0, 1] of a square crop -> (N, 17, 3) mm from the pelvis, x right, y down, z away,
    of a canonical adult's size. share: of the lifting network in the mean."""

    lengths: Tensor
    mirror: Tensor

    def __init__(self, share: float):
        super().__init__()
        self.share, self.lifter = share, load_lifter()
        self.register_buffer("lengths", torch.tensor(list(CANONICAL_BONES_MM.values())))
        self.register_buffer("mirror", torch.tensor([-1.0, 1.0, 1.0]))

    def forward(self, pose: Tensor) -> Tensor:
        return (1 - self.share) * self.direct(pose) + self.share * self.lifted(pose)

    def direct(self, pose: Tensor) -> Tensor:
        """u, v, z at one scale s per person, at which limb bones have their canonical lengths L in the least-squares sense:
        s² = Σ w·l²·max(L² - Δz², 0) / Σ w·l⁴, w the lower confidence of a bone's joints, l its length in the picture."""
        depth = (pose[..., 2] - 0.5) * DEPTH_RANGE_MM
        flat2 = (pose[:, _CHILDREN, :2] - pose[:, _PARENTS, :2]).square().sum(dim=2)
        seen = (self.lengths.square() - (depth[:, _CHILDREN] - depth[:, _PARENTS]).square()).clamp(min=0)
        weight = torch.minimum(pose[:, _CHILDREN, 3], pose[:, _PARENTS, 3]) + 1e-3
        scale = ((weight * flat2 * seen).sum(dim=1) / ((weight * flat2.square()).sum(dim=1) + 1e-12)).sqrt()
        joints = torch.cat([pose[..., :2] * scale[:, None, None], depth.unsqueeze(2)], dim=2)
        return joints - joints[:, :1]

    def lifted(self, pose: Tensor) -> Tensor:
        """Mean of the view and its mirror image, in the canonical size."""
        known = (pose[:, :, 3:] > KNOWN_ABOVE).float()[:, list(INPUT_JOINTS)]
        known = torch.maximum(known, (known.sum(dim=1, keepdim=True) < FEWEST_KNOWN).float())
        points = pose[:, list(INPUT_JOINTS), :2]
        joints = (self._one_view(points, known) + self._mirrored(points, known)) / 2
        joints = joints - joints[:, :1]
        bones = (joints[:, _CHILDREN] - joints[:, _PARENTS]).norm(dim=2).sum(dim=1).clamp(min=1e-6)
        return joints * (self.lengths.sum() / bones)[:, None, None]

    def _one_view(self, points: Tensor, known: Tensor) -> Tensor:
        count = known.sum(dim=1, keepdim=True)
        centred = (points - (points * known).sum(dim=1, keepdim=True) / count) * known
        size = (centred.square().sum(dim=(1, 2), keepdim=True) / count).sqrt() + 1e-6
        answer = self.lifter(torch.cat([centred / size, known], dim=2).flatten(1))
        return answer[..., :3]

    def _mirrored(self, points: Tensor, known: Tensor) -> Tensor:
        order = [INPUT_JOINTS.index(FLIP_ORDER[joint]) for joint in INPUT_JOINTS]
        answer = self._one_view((points * self.mirror[:2])[:, order], known[:, order])
        return answer[:, list(FLIP_ORDER)] * self.mirror
