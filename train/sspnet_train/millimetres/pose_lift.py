"""Joints in millimetres from a cut's answer: the network's own depths, and what a body that looks like this is likely to do.

The fusing network (`fusion`) knows bodies from motion capture, and this network's mistakes. Its answer is the mean of a view and
its mirror image.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from sspnet_sdk.pose import BODY_JOINTS
from sspnet_train.data.crop import DEPTH_RANGE_MM
from sspnet_train.data.sample import BODY_FLIP_ORDER, FLIP_ORDER, JOINTS
from sspnet_train.errors import TrainingError
from sspnet_train.millimetres.fusion import FusionNetwork, known_joints, load_fusion
from sspnet_train.millimetres.one_scale import CHILDREN, LENGTHS, PARENTS, at_one_scale, of_joints
from sspnet_train.millimetres.residual import of_weights
from sspnet_train.network.model import SSPNet

NEXT_TO = {17: 10, 18: 10, 19: 10, 20: 10, 21: 10, 22: 6, 23: 3, 24: 6, 25: 3, 26: 6, 27: 3}
"""The joint of the body beside each joint of face and feet."""
HEAD, FACE_REACH_MM, FOOT_REACH_MM = 10, 160.0, 250.0
"""No joint of a face lies further from the head's middle, none of a foot further from the ankle."""


class PoseLift(nn.Module):
    """A cut's answer (N, J, 4) to millimetres (N, J, 3).

    The answer is u, v, z and confidence, all in [0, 1] of a square crop. Millimetres are from the pelvis, x right, y down, z
    away, of a canonical adult's size.
    """

    mirror: Tensor

    def __init__(self, share: float, bodies: Mapping[str, Tensor] | None = None):
        """Take the network that knows bodies.

        Args:
            share: its part in the mean; the rest is the heads' own depths at one scale.
            bodies: `SSPNet.bodies`; without them, the network in the package.

        Raises:
            TrainingError: `bodies` are not a fusing network.
        """
        super().__init__()
        self.share = share
        self.fusion = fusion_of(bodies) if bodies else load_fusion()
        self.register_buffer("mirror", torch.tensor([-1.0, 1.0, 1.0, 1.0]))

    @classmethod
    def of(cls, network: SSPNet) -> PoseLift:
        """The lift that goes with a network, in eval mode."""
        return cls(network.config.lift, network.bodies).eval()

    def forward(self, pose: Tensor) -> Tensor:
        body = self.body(pose)
        return body if pose.shape[1] == BODY_JOINTS else torch.cat([body, self.beside(pose, body)], dim=1)

    def beside(self, pose: Tensor, body: Tensor) -> Tensor:
        """Face and feet (N, J - 17, 3): where the heads see them from the joint next to them, at the body's scale."""
        next_to = [NEXT_TO[joint] for joint in range(BODY_JOINTS, pose.shape[1])]
        flat, known = pose[:, :BODY_JOINTS, :2], known_joints(pose[:, :BODY_JOINTS, 3:])
        count = known.sum(dim=1, keepdim=True)
        seen = flat - (flat * known).sum(dim=1, keepdim=True) / count
        lifted = body[..., :2] - (body[..., :2] * known).sum(dim=1, keepdim=True) / count
        scale = (seen * lifted * known).sum(dim=(1, 2)) / ((seen.square() * known).sum(dim=(1, 2)) + 1e-9)
        near = of_joints(pose, next_to)
        across = (pose[:, BODY_JOINTS:, :2] - near[..., :2]) * scale[:, None, None]
        away = (pose[:, BODY_JOINTS:, 2:3] - near[..., 2:3]) * DEPTH_RANGE_MM
        offset = torch.cat([across, away], dim=2)
        reach = torch.tensor([FACE_REACH_MM if joint == HEAD else FOOT_REACH_MM for joint in next_to])[:, None]
        return of_joints(body, next_to) + offset * (reach / offset.norm(dim=2, keepdim=True).clamp(min=1e-3)).clamp(max=1)

    def body(self, pose: Tensor) -> Tensor:
        """(N, J, 4) -> (N, 17, 3) mm."""
        missing = JOINTS - pose.shape[1]
        whole = torch.cat([pose, 0 * pose[:, :missing]], dim=1) if missing else pose  # a graph would keep zeros of one batch size
        both = torch.cat([whole, of_joints(whole * self.mirror, FLIP_ORDER)])
        likely = self.likely(both)
        return likely if self.share == 1 else (1 - self.share) * at_one_scale(pose[:, :BODY_JOINTS]) + self.share * likely

    def likely(self, both: Tensor) -> Tensor:
        """What the fusing network says of views and of their mirror images, in the canonical size. (2N, 28, 4) -> (N, 17, 3)."""
        straight, mirrored = self.fusion(both).chunk(2)
        joints = (straight + of_joints(mirrored, BODY_FLIP_ORDER) * self.mirror[:3]) / 2
        bones = (of_joints(joints, CHILDREN) - of_joints(joints, PARENTS)).norm(dim=2).sum(dim=1).clamp(min=1e-6)
        return joints * (sum(LENGTHS) / bones)[:, None, None]


def bodies_of(fusion: nn.Module) -> dict[str, Tensor]:
    """What a checkpoint keeps of the fusing network: its weights under "fusion."."""
    return {f"fusion.{key}": value for key, value in fusion.state_dict().items()}


def fusion_of(bodies: Mapping[str, Tensor]) -> FusionNetwork:
    """The inverse of `bodies_of`."""
    try:
        return of_weights(FusionNetwork, {key.removeprefix("fusion."): value for key, value in bodies.items()})
    except (KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise TrainingError(
            f"the checkpoint's network that knows bodies is not of this version, train it anew (train_fusion): {reason}"
        ) from None
