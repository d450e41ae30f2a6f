"""Motion capture seen by random cameras. The lifting and the fusing network learn from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sspnet_train.data.sample import BODY_FLIP_ORDER, BODY_PARENTS
from sspnet_train.synth.rotations import normalized

MIX_SHARE, SIT_SHARE, LIE_SHARE = 0.35, 0.2, 0.16
LIMB_GROUPS = ([1, 2, 3, 4, 5, 6], [11, 12, 13], [14, 15, 16], [11, 12, 13, 14, 15, 16])


@dataclass(frozen=True)
class Views:
    """Views of N people.

    Attributes:
        points: (N, 17, 2) mm in the plane of the pelvis, y down.
        joints3d: (N, 17, 3) mm, pelvis at 0, x right, y down, z away.
    """

    points: np.ndarray
    joints3d: np.ndarray


class ViewSampler:
    """Draws views of poses.

    Args:
        joints: (n, 17, 3) mm of poses, y up, all with the line of the hips along +x.
        families: (n,) the collection of each. None crowds out the others.
    """

    def __init__(self, joints: np.ndarray, families: np.ndarray):
        self._bones = joints.astype(np.float32) - joints[:, [max(parent, 0) for parent in BODY_PARENTS]].astype(np.float32)
        _, family, sizes = np.unique(families, return_inverse=True, return_counts=True)
        share = 1 / np.sqrt(sizes[family])
        self._share = share / share.sum()

    def draw(self, count: int, rng: np.random.Generator) -> Views:
        bones = self._bones[self._pick(count, rng)].copy()
        self._mix(bones, rng)
        _sit(bones, rng)
        _proportion(bones, rng)
        bones += rng.normal(0, 6, bones.shape).astype(np.float32)
        joints = np.zeros_like(bones)
        for joint in range(1, 17):
            joints[:, joint] = joints[:, BODY_PARENTS[joint]] + bones[:, joint]
        mirrored = rng.random(count) < 0.5
        joints[mirrored] = joints[mirrored][:, list(BODY_FLIP_ORDER)] * np.array([-1, 1, 1], np.float32)
        return _seen(joints, rng)

    def _pick(self, count: int, rng: np.random.Generator) -> np.ndarray:
        return rng.choice(len(self._bones), count, p=self._share)

    def _mix(self, bones: np.ndarray, rng: np.random.Generator) -> None:
        """Limbs of other poses, relative to the hips."""
        mixed = rng.random(len(bones)) < MIX_SHARE
        for group in LIMB_GROUPS:
            rows = np.flatnonzero(mixed & (rng.random(len(bones)) < 0.4))
            bones[rows[:, None], group] = self._bones[self._pick(len(rows), rng)][:, group]


def _sit(bones: np.ndarray, rng: np.random.Generator) -> None:
    """Turn the thighs of some people forwards and bend their knees, in place. Few recordings show people who sit."""
    rows = np.flatnonzero(rng.random(len(bones)) < SIT_SHARE)
    across, up = normalized(bones[rows, 1] - bones[rows, 4]), normalized(bones[rows, 7])
    forward = np.cross(up, across)
    for hip, outwards in ((1, 1.0), (4, -1.0)):
        lift, fold = np.radians(rng.uniform(20, 120, (len(rows), 1))), np.radians(rng.uniform(10, 140, (len(rows), 1)))
        spread = np.radians(rng.normal(8, 14, (len(rows), 1)))
        for joint, angle, aside in ((hip + 1, lift, spread), (hip + 2, lift - fold, spread * rng.uniform(-1, 1, spread.shape))):
            length = np.linalg.norm(bones[rows, joint], axis=1, keepdims=True)
            flat = -up * np.cos(angle) + forward * np.sin(angle)
            bones[rows, joint] = length * (flat * np.cos(aside) + outwards * across * np.sin(aside))


def _proportion(bones: np.ndarray, rng: np.random.Generator) -> None:
    """Give people other bodies than the few that were recorded, in place."""

    def scale(joints: list[int], low: float, high: float, shared: np.ndarray | float = 1.0) -> None:
        bones[:, joints] *= (shared * rng.uniform(low, high, (len(bones), 1))).astype(np.float32)[:, None]

    leg, arm = rng.uniform(0.9, 1.1, (len(bones), 1)), rng.uniform(0.9, 1.1, (len(bones), 1))
    scale([1, 4], 0.95, 1.5)
    scale([2, 5], 0.94, 1.06, leg)
    scale([3, 6], 0.94, 1.06, leg)
    scale([11, 14], 0.78, 1.05)
    scale([12, 15], 0.94, 1.08, arm)
    scale([13, 16], 0.92, 1.08, arm)
    scale([7, 8], 0.93, 1.12)
    scale([9, 10], 0.85, 1.15)


def _seen(joints: np.ndarray, rng: np.random.Generator) -> Views:
    """Draw headings and cameras.

    People have any heading, and some lie. Cameras stand 1.8-9 m away and look a little down. The person is somewhat off the axis.
    """
    count = len(joints)
    lying = rng.random(count) < LIE_SHARE
    tilt = np.where(lying, rng.uniform(-np.pi, np.pi, count), rng.normal(0, 0.12, count))
    pitch = np.clip(rng.normal(np.radians(6), np.radians(14), count), -0.7, 1.1)
    turn = (
        _about(2, rng.normal(0, 0.12, count)) @ _about(0, pitch) @ _about(2, tilt) @ _about(1, rng.uniform(-np.pi, np.pi, count))
    )
    seen = np.einsum("nij,nkj->nki", turn, joints) * np.array([1, -1, -1])
    distance = np.exp(rng.uniform(np.log(1800), np.log(9000), (count, 1)))
    aside = (rng.normal(0, 0.12, (count, 2)) * distance)[:, None]
    depth = np.maximum(distance + seen[..., 2], 300)[..., None]
    points = (seen[..., :2] + aside) / depth * distance[..., None] - aside
    return Views(points.astype(np.float32), seen.astype(np.float32))


def _about(axis: int, angle: np.ndarray) -> np.ndarray:
    """(N,) radians -> (N, 3, 3) turns about x, y or z."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    turn = np.tile(np.eye(3), (len(angle), 1, 1))
    turn[:, a, a] = turn[:, b, b] = np.cos(angle)
    turn[:, b, a], turn[:, a, b] = np.sin(angle), -np.sin(angle)
    return turn
