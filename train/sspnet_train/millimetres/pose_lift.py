"""Joints in millimetres from a cut's answer: the network's own depths, and what a body that looks like this is likely to do.

Two networks that know bodies from motion capture join in. One sees the joints alone (`lifter`). The other sees the depths too,
and learnt from this network's mistakes (`fusion`). The mean of all is nearer to the truth than each.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sspnet_sdk.pose import BODY_JOINTS
from sspnet_train.data.crop import DEPTH_RANGE_MM
from sspnet_train.data.sample import BODY_FLIP_ORDER, BODY_PARENTS, CANONICAL_BONES_MM
from sspnet_train.errors import TrainingError
from sspnet_train.millimetres.fusion import FusionNetwork, known_joints, load_fusion
from sspnet_train.millimetres.lifter import INPUT_JOINTS, Lifter, load_lifter
from sspnet_train.millimetres.residual import of_weights
from sspnet_train.network.model import SSPNet

JOINTS_ALONE = 0.25
"""Share of the network that sees no depths, beside `fusion`'s."""
_CHILDREN = list(CANONICAL_BONES_MM)
_PARENTS = [BODY_PARENTS[child] for child in _CHILDREN]


NEXT_TO = {17: 10, 18: 10, 19: 10, 20: 10, 21: 10, 22: 6, 23: 3, 24: 6, 25: 3, 26: 6, 27: 3}
"""The joint of the body beside each joint of face and feet."""
HEAD, FACE_REACH_MM, FOOT_REACH_MM = 10, 160.0, 250.0
"""No joint of a face lies further from the head's middle, none of a foot further from the ankle."""


class PoseLift(nn.Module):
    """A cut's answer (N, J, 4) to millimetres (N, J, 3).

    The answer is u, v, z and confidence, all in [0, 1] of a square crop. Millimetres are from the pelvis, x right, y down, z
    away, of a canonical adult's size.
    """

    lengths: Tensor
    mirror: Tensor

    def __init__(self, share: float, bodies: Mapping[str, Tensor] | None = None):
        """Take the networks that know bodies.

        Args:
            share: their part in the mean; the rest is the heads' own depths.
            bodies: `SSPNet.bodies`; without them, the networks in the package.

        Raises:
            TrainingError: `bodies` are not a lifting and a fusing network.
        """
        super().__init__()
        self.share = share
        self.lifter, self.fusion = networks_of(bodies) if bodies else (load_lifter(), load_fusion())
        self.register_buffer("lengths", torch.tensor(list(CANONICAL_BONES_MM.values())))
        self.register_buffer("mirror", torch.tensor([-1.0, 1.0, 1.0, 1.0]))

    @classmethod
    def of(cls, network: SSPNet) -> PoseLift:
        """The lift that goes with a network, in eval mode."""
        return cls(network.config.lift, network.bodies).eval()

    def forward(self, pose: Tensor) -> Tensor:
        body = self.body(pose[:, :BODY_JOINTS])
        return body if pose.shape[1] == BODY_JOINTS else torch.cat([body, self.beside(pose, body)], dim=1)

    def beside(self, pose: Tensor, body: Tensor) -> Tensor:
        """Face and feet (N, J - 17, 3): where the heads see them from the joint next to them, at the body's scale."""
        next_to = [NEXT_TO[joint] for joint in range(BODY_JOINTS, pose.shape[1])]
        flat, known = pose[:, :BODY_JOINTS, :2], known_joints(pose[:, :BODY_JOINTS, 3:])
        count = known.sum(dim=1, keepdim=True)
        seen = flat - (flat * known).sum(dim=1, keepdim=True) / count
        lifted = body[..., :2] - (body[..., :2] * known).sum(dim=1, keepdim=True) / count
        scale = (seen * lifted * known).sum(dim=(1, 2)) / ((seen.square() * known).sum(dim=(1, 2)) + 1e-9)
        across = (pose[:, BODY_JOINTS:, :2] - pose[:, next_to, :2]) * scale[:, None, None]
        away = (pose[:, BODY_JOINTS:, 2:3] - pose[:, next_to, 2:3]) * DEPTH_RANGE_MM
        offset = torch.cat([across, away], dim=2)
        reach = torch.tensor([FACE_REACH_MM if near == HEAD else FOOT_REACH_MM for near in next_to])[:, None]
        return body[:, next_to] + offset * (reach / offset.norm(dim=2, keepdim=True).clamp(min=1e-3)).clamp(max=1)

    def body(self, pose: Tensor) -> Tensor:
        """(N, 17, 4) -> (N, 17, 3) mm."""
        both = torch.cat([pose, (pose * self.mirror)[:, list(BODY_FLIP_ORDER)]])
        likely = JOINTS_ALONE * self.whole(self.lifted(both)) + (1 - JOINTS_ALONE) * self.whole(self.fusion(both))
        return (1 - self.share) * self.direct(pose) + self.share * likely

    def direct(self, pose: Tensor) -> Tensor:
        """u, v, z at one scale s per person, at which limb bones come nearest to their canonical lengths L (least squares).

        s² = Σ w·l²·max(L² - Δz², 0) / Σ w·l⁴. w is the lower confidence of a bone's two joints, l its length in the picture.
        """
        depth = (pose[..., 2] - 0.5) * DEPTH_RANGE_MM
        flat2 = (pose[:, _CHILDREN, :2] - pose[:, _PARENTS, :2]).square().sum(dim=2)
        seen = (self.lengths.square() - (depth[:, _CHILDREN] - depth[:, _PARENTS]).square()).clamp(min=0)
        weight = torch.minimum(pose[:, _CHILDREN, 3], pose[:, _PARENTS, 3]) + 1e-3
        scale = ((weight * flat2 * seen).sum(dim=1) / ((weight * flat2.square()).sum(dim=1) + 1e-12)).sqrt()
        joints = torch.cat([pose[..., :2] * scale[:, None, None], depth.unsqueeze(2)], dim=2)
        return joints - joints[:, :1]

    def lifted(self, pose: Tensor) -> Tensor:
        """What the network that sees the joints alone says, at any scale."""
        pose = pose[:, list(INPUT_JOINTS)]
        known, points = known_joints(pose[..., 3:]), pose[..., :2]
        count = known.sum(dim=1, keepdim=True)
        centred = (points - (points * known).sum(dim=1, keepdim=True) / count) * known
        size = (centred.square().sum(dim=(1, 2), keepdim=True) / count).sqrt() + 1e-6
        return self.lifter(torch.cat([centred / size, known], dim=2).reshape(-1, 3 * len(INPUT_JOINTS)))[..., :3]

    def whole(self, views: Tensor) -> Tensor:
        """The mean of views and of their mirror images, from the pelvis, in the canonical size. (2N, 17, 3) -> (N, 17, 3)."""
        straight, mirrored = views.chunk(2)
        joints = (straight + mirrored[:, list(BODY_FLIP_ORDER)] * self.mirror[:3]) / 2
        joints = joints - joints[:, :1]
        bones = (joints[:, _CHILDREN] - joints[:, _PARENTS]).norm(dim=2).sum(dim=1).clamp(min=1e-6)
        return joints * (self.lengths.sum() / bones)[:, None, None]


def bodies_of(lifter: nn.Module, fusion: nn.Module) -> dict[str, Tensor]:
    """What a checkpoint keeps of the two networks: their weights under "lifter." and "fusion."."""
    parts = {"lifter.": lifter, "fusion.": fusion}
    return {prefix + key: value for prefix, part in parts.items() for key, value in part.state_dict().items()}


def networks_of(bodies: Mapping[str, Tensor]) -> tuple[Lifter, FusionNetwork]:
    """The inverse of `bodies_of`."""

    def weights(prefix: str) -> dict[str, Tensor]:
        return {key.removeprefix(prefix): value for key, value in bodies.items() if key.startswith(prefix)}

    try:
        return of_weights(Lifter, weights("lifter.")), of_weights(FusionNetwork, weights("fusion."))
    except (KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise TrainingError(f"the checkpoint's networks that know bodies are not a lifter and a fusion: {reason}") from None
