"""The fusing network: joints, depths and confidences that a pose network answers about a person, to joints in millimetres.

It learnt from motion capture, and from the pose network's mistakes on rendered people (`train_fusion`). So it knows which depths
to believe, and where bodies have their joints. Rendered people told it how faces and feet lie on such bodies.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from sspnet_sdk.pose import BODY_JOINTS
from sspnet_train.data.crop import DEPTH_RANGE_MM
from sspnet_train.data.sample import JOINTS
from sspnet_train.errors import TrainingError
from sspnet_train.millimetres.one_scale import at_one_scale
from sspnet_train.millimetres.residual import ResidualNetwork, of_weights

WIDTH, BLOCKS, UNIT_MM = 240, 2, 400.0
SHIPPED = Path(__file__).with_name("fusion.safetensors")
KNOWN_FROM, KNOWN_SURELY, FEWEST_KNOWN = 0.15, 0.25, 6
"""Joints of lower confidence say less of where a person is and how large, and nothing in the end; unless too few would be left.
A step instead of the ramp moved a whole body by 5 mm when the confidence of one joint changed by a thousandth."""
FURTHEST, DEEPEST = 4.0, 3.0
FACE_AND_FEET = JOINTS - BODY_JOINTS


class FusionNetwork(ResidualNetwork):
    """(N, 28, 4) u, v, z, confidence -> (N, 17, 3) and (N, 11, 3) mm: x right, y down, z away, of a canonical adult's size.

    First the body from the pelvis, then what is to be changed in the way from a joint of the body to one of face or feet.

    u and v may have any scale and any origin. z is in [0, 1], as heads say it (Eq. 10). Of the body it answers what is to be
    changed in the joints that `at_one_scale` makes. Joints of confidence 0 are not there: a pose network need not have faces and
    feet.
    """

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS):
        super().__init__(4 * JOINTS + 3 * BODY_JOINTS, 3 * BODY_JOINTS, width, blocks)
        self.beside = nn.Linear(width, 3 * FACE_AND_FEET)
        nn.init.zeros_(self.beside.weight)
        nn.init.zeros_(self.beside.bias)

    def forward(self, pose: Tensor) -> tuple[Tensor, Tensor]:
        direct = at_one_scale(pose[:, :BODY_JOINTS])
        known = (direct / UNIT_MM).clamp(-FURTHEST, FURTHEST).reshape(-1, 3 * BODY_JOINTS)
        seen = torch.cat([features(pose), known], dim=1)
        # The axis between: OpenVINO 2026.4 crashes on one thread where two blocks of up to 256 features have but two axes.
        hidden = self.hidden(seen[:, None])
        joints = direct + UNIT_MM * self.leave(hidden).view(-1, BODY_JOINTS, 3)
        return joints - joints[:, :1], UNIT_MM * self.beside(hidden).view(-1, FACE_AND_FEET, 3)


def features(pose: Tensor) -> Tensor:
    """What the network reads of a pose. (N, 28, 4) -> (N, 112).

    Of all joints: places about the mean of the body's known joints, in units of their spread; then depths from the pelvis's; then
    confidences.
    """
    known = known_joints(pose[:, :BODY_JOINTS, 3:])
    points, count = pose[:, :BODY_JOINTS, :2], known.sum(dim=1, keepdim=True)
    mean = (points * known).sum(dim=1, keepdim=True) / count
    spread = (((points - mean) * known).square().sum(dim=(1, 2), keepdim=True) / count).sqrt() + 1e-6
    place = ((pose[..., :2] - mean) / spread).clamp(-FURTHEST, FURTHEST)
    depth = ((pose[..., 2:3] - pose[:, :1, 2:3]) * (DEPTH_RANGE_MM / UNIT_MM)).clamp(-DEEPEST, DEEPEST)
    there = (pose[..., 3:] > 0).float()
    return torch.cat([place * there, depth * there, pose[..., 3:]], dim=2).reshape(-1, 4 * JOINTS)


def known_joints(confidence: Tensor) -> Tensor:
    """How far a joint's place is to be believed, 0 to 1. Where too few are, all of them are. (N, J, 1) -> (N, J, 1)."""
    known = ((confidence - KNOWN_FROM) / (KNOWN_SURELY - KNOWN_FROM)).clamp(0, 1)
    return torch.maximum(known, (FEWEST_KNOWN - known.sum(dim=1, keepdim=True)).clamp(0, 1))


def load_fusion(path: Path = SHIPPED) -> FusionNetwork:
    """A trained network, in eval mode. The one in the package is for checkpoints that bring none of their own.

    Raises:
        TrainingError: the file is no fusing network.
    """
    try:
        return fusion_of_weights(load_file(path))
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise TrainingError(f"{path} is not a fusing network: {error}") from None


def fusion_of_weights(weights: Mapping[str, Tensor]) -> FusionNetwork:
    """`of_weights` of a fusing network. One that never learnt of face and feet changes nothing in them."""
    width = len(weights["enter.bias"])
    untaught = {"beside.weight": torch.zeros(3 * FACE_AND_FEET, width), "beside.bias": torch.zeros(3 * FACE_AND_FEET)}
    return of_weights(FusionNetwork, untaught | dict(weights))
