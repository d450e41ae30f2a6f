"""The lifting network: 13 joints in the picture to 17 in space. It also says how far it doubts each depth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from sspnet_train.data.sample import BODY_FLIP_ORDER, BODY_PARENTS, CANONICAL_BONES_MM, LIMB_JOINTS
from sspnet_train.errors import LabelError
from sspnet_train.millimetres.residual import ResidualNetwork, of_weights
from sspnet_train.network.weight_file import write_weights

INPUT_JOINTS = (10, 11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6)
"""Head, shoulders, elbows, wrists, hips, knees, ankles."""
WIDTH, BLOCKS = 320, 2
SHIPPED = Path(__file__).with_name("lifter.safetensors")
LEAST_SPREAD_MM, BLAZE_SPREAD_MM = 25.0, 200.0


class Lifter(ResidualNetwork):
    """(N, 39) of `normalized_input` -> (N, 17, 4): x, y, z in units of the input's size, and the log of z's spread."""

    def __init__(self, width: int = WIDTH, blocks: int = BLOCKS):
        super().__init__(3 * len(INPUT_JOINTS), 17 * 4, width, blocks)

    def forward(self, x: Tensor) -> Tensor:
        return self.answer(x).view(-1, 17, 4)


@dataclass(frozen=True)
class Lifted:
    """What the lifting network says of N people.

    Attributes:
        joints3d: (N, 17, 3) mm, pelvis at 0, x right, y down, z away, of a canonical adult's size.
        spread: (N, 17) mm, its doubt about z.
        mm_per_px: (N,) scale of the picture.
    """

    joints3d: np.ndarray
    spread: np.ndarray
    mm_per_px: np.ndarray


def save_lifter(path: Path, lifter: nn.Module) -> None:
    """Write a lifting network as fp16, in one step."""
    write_weights(path, lifter.state_dict())


def load_lifter(path: Path = SHIPPED) -> Lifter:
    """A trained network, in eval mode; by default the one in the package.

    Raises:
        LabelError: the file is no lifting network.
    """
    try:
        return of_weights(Lifter, load_file(path))
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise LabelError(f"{path} is not a lifting network made by sspnet_train.millimetres.train_lifter: {error}") from None


def normalized_input(points: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the lifter reads of joints.

    Args:
        points: (N, 17, 2).
        known: (N, 17) joints to believe.

    Returns:
        (N, 39): the input joints about their mean, of size 1, with 0 for unknown ones, and whether each is known. And the sizes
        (N,).
    """
    chosen, seen = points[:, list(INPUT_JOINTS)], known[:, list(INPUT_JOINTS), None].astype(np.float32)
    count = seen.sum(axis=1).clip(1)
    centred = (chosen - (chosen * seen).sum(axis=1, keepdims=True) / count[:, None]) * seen
    size = np.sqrt(np.square(centred).sum(axis=(1, 2)) / count[:, 0]) + 1e-6
    return np.concatenate([centred / size[:, None, None], seen], axis=2).reshape(len(points), -1).astype(np.float32), size


def lift_joints(lifter: Lifter, points: np.ndarray, known: np.ndarray, blaze_world: np.ndarray | None = None) -> Lifted:
    """Lift joints to three dimensions. The answer is the mean of a view and its mirror image.

    Args:
        lifter: the network.
        points: (N, 17, 2) pixels.
        known: (N, 17) bool: joints to believe.
        blaze_world: (N, 12, 3) mm of the limb joints by BlazePose, in `LIMB_ORDER`. Its depths join in, unless they are NaN.
    """
    straight, doubt = _answer(lifter, points, known)
    flip, mirror = list(BODY_FLIP_ORDER), np.array([-1, 1, 1])
    mirrored, other_doubt = _answer(lifter, (points * [-1, 1])[:, flip], known[:, flip])
    mirrored, other_doubt = mirrored[:, flip] * mirror, other_doubt[:, flip]
    joints = (straight + mirrored) / 2
    doubt = np.sqrt((doubt + other_doubt) ** 2 / 4 + (straight - mirrored)[..., 2] ** 2)
    joints = joints - (joints[:, 1:2] + joints[:, 4:5]) / 2
    bones = sum(np.linalg.norm(joints[:, child] - joints[:, BODY_PARENTS[child]], axis=1) for child in CANONICAL_BONES_MM)
    scale = sum(CANONICAL_BONES_MM.values()) / np.maximum(bones, 1e-6)
    joints, spread = joints * scale[:, None, None], doubt * scale[:, None]
    if blaze_world is not None:
        _join_depth(joints, spread, blaze_world)
    return Lifted(joints, spread, scale)


LIMB_ORDER = (11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3)
"""Human3.6M's joint for each of COCO's 5..16: shoulders, elbows, wrists, hips, knees, ankles, left before right."""
_BLAZE_BONES = ((0, 2), (2, 4), (1, 3), (3, 5), (6, 8), (8, 10), (7, 9), (9, 11))


def _join_depth(joints: np.ndarray, spread: np.ndarray, blaze_world: np.ndarray) -> None:
    """Mix BlazePose's depth in, in place, each by how sure it is."""
    world = blaze_world - (blaze_world[:, 6:7] + blaze_world[:, 7:8]) / 2
    length = sum(np.linalg.norm(world[:, a] - world[:, b], axis=1) for a, b in _BLAZE_BONES)
    limbs = sum(CANONICAL_BONES_MM[child] for child in (2, 3, 5, 6, 12, 13, 15, 16))
    depth = world[..., 2] * (limbs / np.maximum(length, 1e-6))[:, None]
    order = list(LIMB_ORDER)
    own, theirs = 1 / np.maximum(spread[:, order], LEAST_SPREAD_MM) ** 2, 1 / BLAZE_SPREAD_MM**2
    mean = (joints[:, order, 2] * own + depth * theirs) / (own + theirs)
    joints[:, order, 2] = np.where(np.isfinite(mean), mean, joints[:, order, 2])
    used = np.isfinite(mean).all(axis=1)
    joints[used, 8, 2] = (joints[used, 11, 2] + joints[used, 14, 2]) / 2


@torch.no_grad()
def _answer(lifter: Lifter, points: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joints (N, 17, 3) and spread of z (N, 17), in pixels."""
    flat, size = normalized_input(points, known)
    answer = lifter(torch.from_numpy(flat)).numpy().astype(np.float64)
    return answer[..., :3] * size[:, None, None], np.exp(np.clip(answer[..., 3], -5, 2)) * size[:, None]


assert set(LIMB_ORDER) == set(LIMB_JOINTS)
