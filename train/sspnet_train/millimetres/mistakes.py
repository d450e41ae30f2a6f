"""What a pose network gets wrong about rendered people, as mistakes that it could have made about others."""

from __future__ import annotations

import numpy as np
import torch

from sspnet_sdk.pose import BODY_JOINTS
from sspnet_train.data.crop import DEPTH_RANGE_MM
from sspnet_train.data.sample import FLIP_ORDER, JOINTS, LIMB_JOINTS
from sspnet_train.millimetres.observations import Observations
from sspnet_train.millimetres.one_scale import CHILDREN, LENGTHS, PARENTS
from sspnet_train.millimetres.views import ViewSampler

NO_FACE_NO_FEET = 0.2
"""Share of the rendered people whose face and feet the network does not get to see: 17 joints must do too."""
SPOILT, SPOILT_BY = 0.3, 0.012
"""How much mistakes of rendered people are scaled, and what is added to them: in torsos for places, in answers for depths."""
CANDIDATES = 6
"""A mistake is taken from one of the so many people who are most alike."""
TURN = 0.25


class Mistakes:
    """What the pose network said about rendered people, as mistakes that it could have made about others."""

    def __init__(self, seen: Observations):
        self._seen = seen
        self._body = seen.joints3d[:, :BODY_JOINTS]
        self._truth = np.concatenate([seen.points[:, :BODY_JOINTS], self._body[..., 2:] / DEPTH_RANGE_MM + 0.5], axis=2)
        self._poses = with_all_joints(seen.poses)
        body, truth = self._poses[:, :, :BODY_JOINTS], self._truth[:, None]
        self._place = (body[..., :2] - truth[..., :2]) / seen.torso[:, None, None, None]
        self._depth, self._confidence = body[..., 2] - truth[..., 2], body[..., 3]
        self._limbs = torch.from_numpy(_limbs(self._body))

    def simulated(self, bodies: ViewSampler, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Bodies from motion capture as the network might see them -> poses (count, 28, 4), true joints (count, 17, 3).

        Motion capture has no faces and no feet: their confidence is 0.
        """
        views = bodies.draw(count, rng)
        truth = canonical(views.joints3d)
        extent = np.ptp(views.points[:, list(LIMB_JOINTS)], axis=1).max(axis=1)
        torso = np.maximum(np.linalg.norm(views.points[:, 8] - views.points[:, 0], axis=1), 0.125 * extent)
        row, cut = self._alike(truth, rng), rng.integers(self._poses.shape[1], size=count)
        larger = np.exp(rng.normal(0, 0.2, count)) * torso
        points = views.points + self._place[row, cut] * larger[:, None, None]
        depth = truth[..., 2] / DEPTH_RANGE_MM + 0.5 + self._depth[row, cut] * np.exp(rng.normal(0.05, 0.25, (count, 1)))
        body = np.concatenate([points, depth[..., None], self._confidence[row, cut][..., None]], axis=2)
        return with_all_joints(body), truth

    def observed(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The rendered people themselves, turned and mirrored at random, each with larger, smaller and other mistakes.

        -> poses (count, 28, 4), true joints (count, 17 or 28, 3), as many as the observations have.

        There are too few of them to learn from their very mistakes: the network would know them by heart.
        """
        row = rng.integers(len(self._poses), size=count)
        between_cuts = rng.dirichlet(np.full(self._poses.shape[1], 0.4), count)
        pose, truth = np.einsum("nc,ncjk->njk", between_cuts, self._poses[row]), self._seen.joints3d[row].copy()
        self._spoil(pose, row, rng)
        mirrored = rng.random(count) < 0.5
        for joints in (pose, truth):
            joints[mirrored] = joints[mirrored][:, list(FLIP_ORDER[: joints.shape[1]])]
            joints[mirrored, :, 0] *= -1
        angle = rng.normal(0, TURN, count)
        turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1).reshape(-1, 2, 2)
        for joints in (pose, truth):
            joints[..., :2] = np.einsum("nij,nkj->nki", turn, joints[..., :2])
        pose[rng.random(count) < NO_FACE_NO_FEET, BODY_JOINTS:] = 0
        return pose, truth

    def _spoil(self, pose: np.ndarray, row: np.ndarray, rng: np.random.Generator) -> None:
        """Scale the mistakes of poses of the people `row`, and add small ones, in place."""
        body, true, torso = pose[:, :BODY_JOINTS], self._truth[row], self._seen.torso[row, None, None]
        for axes, unit in ((slice(0, 2), torso), (slice(2, 3), 1.0)):
            error = (body[..., axes] - true[..., axes]) * np.exp(rng.normal(0, SPOILT, (len(row), 1, 1)))
            body[..., axes] = true[..., axes] + error + unit * rng.normal(0, SPOILT_BY, error.shape)
        away = pose[:, BODY_JOINTS:, :3]
        away += 0.5 * rng.normal(0, SPOILT_BY, away.shape) * (pose[:, BODY_JOINTS:, 3:] > 0)
        confidence = pose[..., 3]
        odds = np.log(confidence.clip(1e-3, 0.999) / (1 - confidence.clip(1e-3, 0.999)))
        steeper, more = np.exp(rng.normal(0, 0.5 * SPOILT, (len(row), 1))), rng.normal(0, SPOILT, (len(row), 1))
        pose[..., 3] = np.where(confidence > 0, 1 / (1 + np.exp(-(odds * steeper + more))), 0)

    def _alike(self, joints3d: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """For each body, one of the rendered people whose limbs lie most alike in space."""
        limbs, count = torch.from_numpy(_limbs(joints3d)), min(CANDIDATES, len(self._limbs))
        nearest = torch.cdist(limbs, self._limbs).topk(count, largest=False).indices.numpy()
        return nearest[np.arange(len(limbs)), rng.integers(count, size=len(limbs))]


def _limbs(joints3d: np.ndarray) -> np.ndarray:
    return joints3d[:, list(LIMB_JOINTS)].reshape(len(joints3d), -1).astype(np.float32)


def with_all_joints(poses: np.ndarray) -> np.ndarray:
    """(..., J, 4) -> (..., 28, 4), those that are missing with confidence 0."""
    missing = np.zeros((*poses.shape[:-2], JOINTS - poses.shape[-2], 4), poses.dtype)
    return np.concatenate([poses, missing], axis=-2)


def canonical(joints3d: np.ndarray) -> np.ndarray:
    """The same joints from the pelvis, of a canonical adult's size. (N, 17, 3) mm."""
    joints = joints3d - joints3d[:, :1]
    bones = np.linalg.norm(joints[:, CHILDREN] - joints[:, PARENTS], axis=2).sum(axis=1)
    return joints * (sum(LENGTHS) / np.maximum(bones, 1.0))[:, None, None]
