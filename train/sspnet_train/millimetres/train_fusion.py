"""Train the fusing network of a checkpoint: python -m sspnet_train.millimetres.train_fusion --help.

Rendered people tell what the pose network gets wrong. Motion capture gives as many bodies as one wants: random cameras see them,
and those same mistakes spoil them. The pose network looks at every person once. Then the fusing network learns in minutes.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sspnet_sdk.pose import BODY_JOINTS
from sspnet_train.data.crop import DEPTH_RANGE_MM
from sspnet_train.data.sample import BODY_FLIP_ORDER, FLIP_ORDER, JOINTS, LIMB_JOINTS
from sspnet_train.data.synth3d import held_out
from sspnet_train.errors import one_line
from sspnet_train.millimetres.fusion import UNIT_MM, FusionNetwork
from sspnet_train.millimetres.observations import Observations, joined, load_observations, observe, save_observations
from sspnet_train.millimetres.one_scale import CHILDREN, LENGTHS, PARENTS
from sspnet_train.millimetres.pose_lift import PoseLift, bodies_of
from sspnet_train.millimetres.views import ViewSampler
from sspnet_train.synth.pose_sampling import PoseFile, read_poses

log = logging.getLogger(__name__)

STEPS, RATE, AVERAGE = 20_000, 1e-3, 0.004
RATE_FURTHER = 3e-4
"""Of a network that has learnt before."""
SIMULATED, OBSERVED = 224, 160
"""Of a batch: motion capture with mistakes of others, and rendered people with their own."""
ALIGNED = 0.5
"""Weight of what is wrong beyond turn and scale."""
NO_FACE_NO_FEET = 0.2
"""Share of the rendered people whose face and feet the network does not get to see: 17 joints must do too."""
SPOILT, SPOILT_BY = 0.3, 0.012
"""How much mistakes of rendered people are scaled, and what is added to them: in torsos for places, in answers for depths."""
CANDIDATES = 6
"""A mistake is taken from one of the so many people who are most alike."""
TURN = 0.25


def train_fusion(
    seen: Observations, poses: PoseFile, steps: int = STEPS, seed: int = 0, start: FusionNetwork | None = None
) -> FusionNetwork:
    """Train a fusing network, or go on with one.

    Args:
        seen: what the pose network said about rendered people.
        poses: motion capture. Recordings that validation is made of are left out.
        steps: batches to train on.
        seed: decides weights and batches.
        start: has learnt before, perhaps from other people. What it knew and what it learns count alike.

    Returns:
        The averaged network, or the mean of that and `start`, in eval mode.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    poses = without_held_out(poses)
    mistakes, bodies = Mistakes(seen), ViewSampler(poses.joints, poses.family)
    network, rate = (FusionNetwork(), RATE) if start is None else (copy.deepcopy(start).requires_grad_(), RATE_FURTHER)
    average = copy.deepcopy(network).requires_grad_(False)
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.05)
    for step in range(steps):
        simulated, observed = mistakes.simulated(bodies, SIMULATED, rng), mistakes.observed(OBSERVED, rng)
        pose, truth = (
            torch.from_numpy(np.concatenate(both).astype(np.float32)) for both in zip(simulated, observed, strict=True)
        )
        loss = fusion_loss(network(pose), truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        for mean, value in zip(average.parameters(), network.parameters(), strict=True):
            mean.lerp_(value.detach(), max(AVERAGE, 1 / (step + 1)))
        if step % 1000 == 0:
            log.info("step %d of %d: %.0f mm", step, steps, UNIT_MM * float(loss.detach()))
    if start is not None:
        for mean, before in zip(average.parameters(), start.parameters(), strict=True):
            mean.lerp_(before, 0.5)
    return average.eval()


def fusion_loss(joints: Tensor, truth: Tensor) -> Tensor:
    """Mean distance of joints, and `ALIGNED` times that of limb joints after the best turn and scale; in units of UNIT_MM."""
    limbs = list(LIMB_JOINTS)
    return ((joints - truth).norm(dim=2).mean() + ALIGNED * aligned_distance(joints[:, limbs], truth[:, limbs])) / UNIT_MM


def aligned_distance(joints: Tensor, truth: Tensor) -> Tensor:
    """PA-MPJPE that one can differentiate: turn and scale are the best ones, and count as constant turns. (N, J, 3), mm."""
    own, true = (points - points.mean(dim=1, keepdim=True) for points in (joints, truth))
    with torch.no_grad():
        left, _, right = torch.linalg.svd(own.transpose(1, 2) @ true / UNIT_MM**2)
        last = torch.det(left @ right)[:, None, None].sign()  # no mirror image
        turn = left @ (right * torch.cat([torch.ones_like(last), torch.ones_like(last), last], dim=1))
    own = own @ turn
    scale = (own * true).sum(dim=(1, 2), keepdim=True) / own.square().sum(dim=(1, 2), keepdim=True).clamp(min=1e-6)
    return (scale * own - true).norm(dim=2).mean()


def without_held_out(poses: PoseFile) -> PoseFile:
    """The recordings that no rendered person of the validation sets was made from."""
    kept = np.array([not held_out(clip) for clip in poses.clip.tolist()])
    return PoseFile(poses.joints[kept], poses.clip[kept], poses.family[kept], poses.seen)


class Mistakes:
    """What the pose network said about rendered people, as mistakes that it could have made about others."""

    def __init__(self, seen: Observations):
        self._seen = seen
        self._truth = np.concatenate([seen.points, seen.joints3d[..., 2:] / DEPTH_RANGE_MM + 0.5], axis=2)
        self._poses = with_all_joints(seen.poses)
        body, truth = self._poses[:, :, :BODY_JOINTS], self._truth[:, None]
        self._place = (body[..., :2] - truth[..., :2]) / seen.torso[:, None, None, None]
        self._depth, self._confidence = body[..., 2] - truth[..., 2], body[..., 3]
        self._limbs = torch.from_numpy(_limbs(seen.joints3d))

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

        There are too few of them to learn from their very mistakes: the network would know them by heart.
        """
        row = rng.integers(len(self._poses), size=count)
        between_cuts = rng.dirichlet(np.full(self._poses.shape[1], 0.4), count)
        pose, truth = np.einsum("nc,ncjk->njk", between_cuts, self._poses[row]), self._seen.joints3d[row].copy()
        self._spoil(pose, row, rng)
        mirrored = rng.random(count) < 0.5
        for joints, order in ((pose, FLIP_ORDER), (truth, BODY_FLIP_ORDER)):
            joints[mirrored] = joints[mirrored][:, list(order)]
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


@one_line()
def main() -> None:
    from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint

    parser = argparse.ArgumentParser(description="Train the fusing network that goes with a checkpoint.")
    parser.add_argument("--checkpoint", type=Path, required=True, help="calibrated: confidences say what is to be believed")
    parser.add_argument("--data", required=True, nargs="+", metavar="[NAME=]FOLDER", help="with true joints in mm: synth3d")
    parser.add_argument("--poses", type=Path, required=True, help="motion capture, as millimetres.train_lifter reads it")
    parser.add_argument("--size", type=int, nargs="+", default=(256, 192, 128), help="sides of the input, pixels")
    parser.add_argument("--people", type=int, default=12_000, help="views to take: half of them at the first size")
    parser.add_argument("--cuts", type=int, nargs="+", default=(2, 4, 8))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument(
        "--further",
        action="store_true",
        help="go on with the checkpoint's own fusing network; the mean of before and after is kept",
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--observations", type=Path, help=".npz of what the pose network says: read if it is there, else written")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint with the fusing network in it")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(given.threads)
    if given.observations and given.observations.exists():
        seen = load_observations(given.observations)
    else:
        seen = observed_people(given.checkpoint, given.data, given.size, given.people, given.cuts)
        if given.observations:
            save_observations(given.observations, seen)
    start = PoseLift.of(load_network(given.checkpoint)).fusion if given.further else None
    fusion = train_fusion(seen, read_poses(given.poses), given.steps, start=start)
    config, weights, notes = read_checkpoint(given.checkpoint)
    save_checkpoint(given.out, config, weights, notes, bodies_of(fusion))
    print(f"wrote {given.out}")


def observed_people(
    checkpoint: Path, data: Sequence[str], sizes: Sequence[int], people: int, cuts: Sequence[int]
) -> Observations:  # fmt: skip
    """What a checkpoint says about the people of some sets: half of them at the first size, the others at the rest."""
    from tqdm import tqdm

    from sspnet_train.data.catalog import common_definition, open_split, parse_data
    from sspnet_train.network.checkpoint import load_network

    network, sets = load_network(checkpoint), parse_data(data)
    sources = [open_split(name, folder, "train", common_definition(sets)) for name, folder in sets.items()]
    shares = [1.0] if len(sizes) == 1 else [0.5, *([0.5 / (len(sizes) - 1)] * (len(sizes) - 1))]
    parts = []
    with tqdm(total=people, unit="people") as bar:
        for seed, (source, (size, share)) in enumerate(itertools.product(sources, zip(sizes, shares, strict=True))):
            count, before = max(round(people * share / len(sources)), 1), bar.n
            parts.append(
                observe(
                    network, source, count, size, cuts, seed=seed,
                    on_progress=lambda done, _, before=before: bar.update(before + done - bar.n),  # type: ignore[misc]
                )
            )  # fmt: skip
    return joined(parts)


if __name__ == "__main__":
    main()
