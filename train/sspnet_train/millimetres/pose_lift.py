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
from sspnet_train.millimetres.fusion import FusionNetwork, fusion_of_weights, known_joints, load_fusion
from sspnet_train.millimetres.one_scale import CHILDREN, LENGTHS, PARENTS, at_one_scale, of_joints
from sspnet_train.network.model import SSPNet
from sspnet_train.network.movenet import SHIN_OF_FOOT

NEXT_TO = dict.fromkeys(range(17, 22), 10) | {foot: ankle for foot, (_, ankle) in SHIN_OF_FOOT.items()}
"""The joint of the body beside each joint of face and feet."""
BESIDE_FLIP_ORDER = tuple(joint - BODY_JOINTS for joint in FLIP_ORDER[BODY_JOINTS:])
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
        missing = JOINTS - pose.shape[1]
        whole = torch.cat([pose, 0 * pose[:, :missing]], dim=1) if missing else pose  # a graph would keep zeros of one batch size
        both = torch.cat([whole, of_joints(whole * self.mirror, FLIP_ORDER)])
        body, change = self.likely(both)
        if self.share < 1:
            body, change = (1 - self.share) * at_one_scale(pose[:, :BODY_JOINTS]) + self.share * body, self.share * change
        return body if pose.shape[1] == BODY_JOINTS else torch.cat([body, face_and_feet(pose, body, change)], dim=1)

    def likely(self, both: Tensor) -> tuple[Tensor, Tensor]:
        """What the fusing network says of views and of their mirror images, bodies in the canonical size.

        (2N, 28, 4) -> (N, 17, 3) and (N, 11, 3) mm.
        """
        (straight, mirrored), (change, mirrored_change) = (found.chunk(2) for found in self.fusion(both))
        joints = (straight + of_joints(mirrored, BODY_FLIP_ORDER) * self.mirror[:3]) / 2
        bones = (of_joints(joints, CHILDREN) - of_joints(joints, PARENTS)).norm(dim=2).sum(dim=1).clamp(min=1e-6)
        change = (change + of_joints(mirrored_change, BESIDE_FLIP_ORDER) * self.mirror[:3]) / 2
        return joints * (sum(LENGTHS) / bones)[:, None, None], change


def face_and_feet(pose: Tensor, body: Tensor, change: Tensor) -> Tensor:
    """Face and feet (N, J - 17, 3) mm: from the joint next to them as the heads see them at the body's scale, and as is known.

    Args:
        pose: (N, J, 4) the heads' answer.
        body: (N, 17, 3) mm.
        change: (N, 11, 3) mm: what the fusing network says is to be changed.
    """
    next_to = [NEXT_TO[joint] for joint in range(BODY_JOINTS, pose.shape[1])]
    flat, known = pose[:, :BODY_JOINTS, :2], known_joints(pose[:, :BODY_JOINTS, 3:])
    count = known.sum(dim=1, keepdim=True)
    seen = flat - (flat * known).sum(dim=1, keepdim=True) / count
    lifted = body[..., :2] - (body[..., :2] * known).sum(dim=1, keepdim=True) / count
    scale = (seen * lifted * known).sum(dim=(1, 2)) / ((seen.square() * known).sum(dim=(1, 2)) + 1e-9)
    near = of_joints(pose, next_to)
    across = (pose[:, BODY_JOINTS:, :2] - near[..., :2]) * scale[:, None, None]
    away = (pose[:, BODY_JOINTS:, 2:3] - near[..., 2:3]) * DEPTH_RANGE_MM
    offset = torch.cat([across, away], dim=2) + change[:, : len(next_to)]
    reach = torch.tensor([FACE_REACH_MM if joint == HEAD else FOOT_REACH_MM for joint in next_to])[:, None]
    return of_joints(body, next_to) + offset * (reach / offset.norm(dim=2, keepdim=True).clamp(min=1e-3)).clamp(max=1)


def bodies_of(fusion: nn.Module) -> dict[str, Tensor]:
    """What a checkpoint keeps of the fusing network: its weights under "fusion."."""
    return {f"fusion.{key}": value for key, value in fusion.state_dict().items()}


def fusion_of(bodies: Mapping[str, Tensor]) -> FusionNetwork:
    """The inverse of `bodies_of`."""
    try:
        return fusion_of_weights({key.removeprefix("fusion."): value for key, value in bodies.items()})
    except (KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise TrainingError(
            f"the checkpoint's network that knows bodies is not of this version, train it anew (train_fusion): {reason}"
        ) from None
