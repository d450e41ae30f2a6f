"""The fusing network: joints, depths and confidences that a pose network answers about a person, to joints in millimetres.

It learnt from motion capture, and from the pose network's mistakes on rendered people (`train_fusion`). So it knows which depths
to believe, and where bodies have their joints.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from sspnet_train.data.crop import DEPTH_RANGE_MM
from sspnet_train.errors import TrainingError
from sspnet_train.millimetres.lifter import INPUT_JOINTS
from sspnet_train.millimetres.residual import ResidualNetwork, of_weights

WIDTH, BLOCKS, UNIT_MM = 384, 3, 400.0
SHIPPED = Path(__file__).with_name("fusion.safetensors")
KNOWN_ABOVE, FEWEST_KNOWN = 0.2, 6
"""Joints of lower confidence do not say where a person is and how large; unless too few would be left."""
FURTHEST, DEEPEST = 4.0, 3.0


class FusionNetwork(ResidualNetwork):
    """(N, 17, 4) u, v, z, confidence -> (N, 17, 3) mm from the pelvis: x right, y down, z away, of a canonical adult's size.

    u and v may have any scale and any origin. z is in [0, 1], as heads say it (Eq. 10).
    """

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS):
        super().__init__(4 * len(INPUT_JOINTS), 17 * 3, width, blocks)

    def forward(self, pose: Tensor) -> Tensor:
        joints = UNIT_MM * self.answer(features(pose)).view(-1, 17, 3)
        return joints - joints[:, :1]


def features(pose: Tensor) -> Tensor:
    """What the network reads of a pose. (N, 17, 4) -> (N, 52).

    For each input joint: its place about the mean of the known joints, in units of their spread; its depth from the pelvis's; its
    confidence.
    """
    from_root = pose[..., 2:3] - pose[:, :1, 2:3]
    pose = pose[:, list(INPUT_JOINTS)]
    known = known_joints(pose[..., 3:])
    count = known.sum(dim=1, keepdim=True)
    centred = pose[..., :2] - (pose[..., :2] * known).sum(dim=1, keepdim=True) / count
    spread = ((centred * known).square().sum(dim=(1, 2), keepdim=True) / count).sqrt() + 1e-6
    place = (centred / spread).clamp(-FURTHEST, FURTHEST)
    depth = (from_root[:, list(INPUT_JOINTS)] * (DEPTH_RANGE_MM / UNIT_MM)).clamp(-DEEPEST, DEEPEST)
    return torch.cat([place, depth, pose[..., 3:]], dim=2).reshape(-1, 4 * len(INPUT_JOINTS))


def known_joints(confidence: Tensor) -> Tensor:
    """1 where a joint's place is to be believed, else 0. Where too few are, all of them are. (N, J, 1) -> (N, J, 1)."""
    known = (confidence > KNOWN_ABOVE).float()
    return torch.maximum(known, (known.sum(dim=1, keepdim=True) < FEWEST_KNOWN).float())


def load_fusion(path: Path = SHIPPED) -> FusionNetwork:
    """A trained network, in eval mode. The one in the package is for checkpoints that bring none of their own.

    Raises:
        TrainingError: the file is no fusing network.
    """
    try:
        return of_weights(FusionNetwork, load_file(path))
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise TrainingError(f"{path} is not a fusing network: {error}") from None
