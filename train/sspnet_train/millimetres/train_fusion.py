"""Train the fusing network of a checkpoint: python -m sspnet_train.millimetres.train_fusion --help.

Rendered people tell what the pose network gets wrong. Motion capture gives as many bodies as one wants: random cameras see them,
and those same mistakes spoil them. The pose network looks at every person once. Then the fusing network learns in minutes.
"""

from __future__ import annotations

import argparse
import copy
import logging
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from sspnet_train.data.crop import DEPTH_RANGE_MM
from sspnet_train.data.sample import BODY_FLIP_ORDER, BODY_PARENTS, CANONICAL_BONES_MM, LIMB_JOINTS
from sspnet_train.errors import one_line
from sspnet_train.millimetres.fusion import UNIT_MM, FusionNetwork
from sspnet_train.millimetres.lifter import load_lifter
from sspnet_train.millimetres.observations import Observations, load_observations, observe, save_observations
from sspnet_train.millimetres.pose_lift import bodies_of
from sspnet_train.millimetres.views import ViewSampler
from sspnet_train.synth.pose_sampling import PoseFile, read_poses

log = logging.getLogger(__name__)

STEPS, RATE, AVERAGE = 15_000, 1e-3, 0.004
SIMULATED, OBSERVED = 256, 128
"""Of a batch: motion capture with mistakes of others, and rendered people with their own."""
CANDIDATES = 8
"""A mistake is taken from the most alike of so many people."""
TURN = 0.2
_CHILDREN = list(CANONICAL_BONES_MM)
_PARENTS = [BODY_PARENTS[child] for child in _CHILDREN]


def train_fusion(seen: Observations, poses: PoseFile, steps: int = STEPS, seed: int = 0) -> FusionNetwork:
    """Train a fusing network.

    Args:
        seen: what the pose network said about rendered people.
        poses: motion capture.
        steps: batches to train on.
        seed: decides weights and batches.

    Returns:
        The averaged network, in eval mode.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    mistakes, bodies = Mistakes(seen), ViewSampler(poses.joints, poses.family)
    network = FusionNetwork()
    average = copy.deepcopy(network).requires_grad_(False)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.05)
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
    return average.eval()


def fusion_loss(joints: Tensor, truth: Tensor) -> Tensor:
    """Mean distance of joints, in units of UNIT_MM."""
    return (joints - truth).norm(dim=2).mean() / UNIT_MM


class Mistakes:
    """What the pose network said about rendered people, as mistakes that it could have made about others."""

    def __init__(self, seen: Observations):
        self._seen = seen
        truth = np.concatenate([seen.points, seen.joints3d[..., 2:] / DEPTH_RANGE_MM + 0.5], axis=2)[:, None]
        self._place = (seen.poses[..., :2] - truth[..., :2]) / seen.torso[:, None, None, None]
        self._depth = seen.poses[..., 2] - truth[..., 2]
        self._confidence = seen.poses[..., 3]
        self._shape = _shape(seen.points)

    def simulated(self, bodies: ViewSampler, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Bodies from motion capture as the network might see them -> poses (count, 17, 4), true joints (count, 17, 3)."""
        views = bodies.draw(count, rng)
        truth = canonical(views.joints3d)
        extent = np.ptp(views.points[:, list(LIMB_JOINTS)], axis=1).max(axis=1)
        torso = np.maximum(np.linalg.norm(views.points[:, 8] - views.points[:, 0], axis=1), 0.125 * extent)
        row, cut = self._alike(views.points, rng), rng.integers(self._place.shape[1], size=count)
        larger = np.exp(rng.normal(0, 0.25, count)) * torso
        points = views.points + self._place[row, cut] * larger[:, None, None]
        depth = truth[..., 2] / DEPTH_RANGE_MM + 0.5 + self._depth[row, cut] * np.exp(rng.normal(0.1, 0.35, (count, 1)))
        return np.concatenate([points, depth[..., None], self._confidence[row, cut][..., None]], axis=2), truth

    def observed(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The rendered people themselves, turned and mirrored at random."""
        row, cut = rng.integers(len(self._place), size=count), rng.integers(self._place.shape[1], size=count)
        pose, truth = self._seen.poses[row, cut].copy(), self._seen.joints3d[row].copy()
        mirrored = rng.random(count) < 0.5
        for joints in (pose, truth):
            joints[mirrored] = joints[mirrored][:, list(BODY_FLIP_ORDER)]
            joints[mirrored, :, 0] *= -1
        angle = rng.normal(0, TURN, count)
        turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1).reshape(-1, 2, 2)
        for joints in (pose, truth):
            joints[..., :2] = np.einsum("nij,nkj->nki", turn, joints[..., :2])
        return pose, truth

    def _alike(self, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """For each body, the rendered person whose joints lie most alike, of some drawn at random."""
        candidates = rng.integers(len(self._shape), size=(len(points), CANDIDATES))
        distance = np.square(self._shape[candidates] - _shape(points)[:, None]).sum(axis=(2, 3))
        return candidates[np.arange(len(points)), distance.argmin(axis=1)]


def _shape(points: np.ndarray) -> np.ndarray:
    """Limb joints about their mean, of size 1. (N, 17, 2) -> (N, 12, 2)."""
    limbs = points[:, list(LIMB_JOINTS)]
    centred = limbs - limbs.mean(axis=1, keepdims=True)
    return centred / np.sqrt(np.square(centred).mean(axis=(1, 2), keepdims=True) + 1e-9)


def canonical(joints3d: np.ndarray) -> np.ndarray:
    """The same joints from the pelvis, of a canonical adult's size. (N, 17, 3) mm."""
    joints = joints3d - joints3d[:, :1]
    bones = np.linalg.norm(joints[:, _CHILDREN] - joints[:, _PARENTS], axis=2).sum(axis=1)
    return joints * (sum(CANONICAL_BONES_MM.values()) / np.maximum(bones, 1.0))[:, None, None]


@one_line()
def main() -> None:
    from tqdm import tqdm

    from sspnet_train.data.catalog import common_definition, open_split, parse_data
    from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint

    parser = argparse.ArgumentParser(description="Train the fusing network that goes with a checkpoint.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", required=True, metavar="[NAME=]FOLDER", help="with true joints in mm: synth3d")
    parser.add_argument("--poses", type=Path, required=True, help="motion capture, as millimetres.train_lifter reads it")
    parser.add_argument("--size", type=int, default=256, help="side of the input, pixels")
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--cuts", type=int, nargs="+", default=(2, 4, 8))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--observations", type=Path, help=".npz of what the pose network says: read if it is there, else written")
    parser.add_argument("--lifter", type=Path, help="what millimetres.train_lifter wrote; the one in the package if not given")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint with both networks in it")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(given.threads)
    if given.observations and given.observations.exists():
        seen = load_observations(given.observations)
    else:
        name, folder = next(iter(parse_data([given.data]).items()))
        source, network = open_split(name, folder, "train", common_definition([name])), load_network(given.checkpoint)
        with tqdm(total=given.people, unit="people") as bar:
            seen = observe(
                network, source, given.people, given.size, given.cuts, on_progress=lambda done, _: bar.update(done - bar.n)
            )
        if given.observations:
            save_observations(given.observations, seen)
    config, weights, notes = read_checkpoint(given.checkpoint)
    fusion = train_fusion(seen, read_poses(given.poses), given.steps)
    lifter = load_lifter() if given.lifter is None else load_lifter(given.lifter)
    save_checkpoint(given.out, config, weights, notes, bodies_of(lifter, fusion))
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
