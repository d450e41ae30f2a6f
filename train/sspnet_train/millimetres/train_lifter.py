"""Train the lifting network on motion capture: `python -m sspnet_train.millimetres.train_lifter POSES.npz OUT.safetensors`.

POSES.npz holds `joints` (n, 17, 3) mm, y up, the line of the hips along +x, in Human3.6M's order, and `clip` (n,), the recording
of each.
"""

from __future__ import annotations

import copy
import logging
from pathlib import Path

import click
import numpy as np
import torch
from torch import Tensor

from sspnet_train.errors import one_line
from sspnet_train.metrics import pa_mpjpe
from sspnet_train.millimetres.lifter import LIMB_ORDER, Lifter, normalized_input, save_lifter
from sspnet_train.millimetres.one_cycle import one_cycle
from sspnet_train.millimetres.views import Views, ViewSampler
from sspnet_train.synth.pose_sampling import PoseFile, read_poses

logger = logging.getLogger(__name__)

STEPS, BATCH, RATE, AVERAGE = 12000, 384, 1e-3, 0.002
NOISE_MM, BAD_SHARE, LOST_SHARE, NO_LEGS_SHARE = 17.0, 0.02, 0.04, 0.08
HELD_OUT = 20
"""One recording in so many is kept to measure by."""


def train_lifter(poses: PoseFile, steps: int = STEPS, seed: int = 0) -> tuple[Lifter, float]:
    """Train a lifting network.

    Args:
        poses: motion capture; some recordings are kept aside.
        steps: batches to train on.
        seed: decides weights and batches.

    Returns:
        The averaged network, and its error on the recordings kept aside: PA-MPJPE of the 12 limb joints in mm, with 2D joints as
        noisy as a teacher's.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    recordings = np.unique(poses.clip)
    held = (
        np.isin(poses.clip, rng.permutation(recordings)[: max(len(recordings) // HELD_OUT, 1)])
        if len(recordings) > 1
        else np.zeros(len(poses.clip), bool)
    )
    sampler = ViewSampler(poses.joints[~held], poses.family[~held])
    lifter = Lifter()
    average = copy.deepcopy(lifter).requires_grad_(False)
    optimizer = torch.optim.AdamW(lifter.parameters(), RATE, weight_decay=1e-4)
    schedule = one_cycle(optimizer, RATE, steps)
    for step in range(steps):
        inputs, target = _batch(sampler.draw(BATCH, rng), rng)
        loss = lifting_loss(lifter(inputs), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        for mean, value in zip(average.parameters(), lifter.parameters(), strict=True):
            mean.lerp_(value.detach(), max(AVERAGE, 1 / (step + 1)))
        if step % 1000 == 0:
            logger.info("step %d of %d: loss %.3f", step, steps, float(loss.detach()))
    unseen = ViewSampler(poses.joints[held], poses.family[held]) if held.any() else sampler
    return average.eval(), _error(average, unseen.draw(2000, rng), rng)


def lifting_loss(answer: Tensor, target: Tensor) -> Tensor:
    """Absolute errors, and Laplace's likelihood of z with the spread that the network claims.

    Args:
        answer: (N, 17, 4).
        target: (N, 17, 3).
    """
    error, spread = (answer[..., :3] - target).abs(), answer[..., 3].clamp(-5, 2)
    likelihood = (error[..., 2] * torch.exp(-spread) + spread).mean()
    return error[..., :2].mean() + 0.3 * likelihood + 0.7 * error[..., 2].mean()


def _batch(views: Views, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    points, known = noisy(views.points, rng)
    inputs, size = normalized_input(points, known)
    return torch.from_numpy(inputs), torch.from_numpy((views.joints3d / size[:, None, None]).astype(np.float32))


def noisy(points: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Joints as a teacher sees them: moved, some far off, some lost, at times both legs.

    Args:
        points: (N, 17, 2) mm.
        rng: decides it.

    Returns:
        The moved joints, and which are known (N, 17).
    """
    count = len(points)
    joint_sigma, person_sigma = np.exp(rng.normal(0, 0.5, (count, 17, 1))), np.exp(rng.normal(0, 0.5, (count, 1, 1)))
    moved = points + rng.normal(0, NOISE_MM, points.shape) * joint_sigma * person_sigma
    bad = rng.random((count, 17)) < BAD_SHARE
    moved[bad] += rng.normal(0, 200, (int(bad.sum()), 2))
    known = rng.random((count, 17)) > LOST_SHARE
    known[np.flatnonzero(rng.random(count) < NO_LEGS_SHARE)[:, None], [2, 3, 5, 6]] = False
    return moved.astype(np.float32), known


@torch.no_grad()
def _error(lifter: Lifter, views: Views, rng: np.random.Generator) -> float:
    points, known = noisy(views.points, rng)
    inputs, size = normalized_input(points, known)
    answer = lifter(torch.from_numpy(inputs)).numpy()[..., :3] * size[:, None, None]
    limbs = list(LIMB_ORDER)
    return float(pa_mpjpe(answer[:, limbs].astype(np.float64), views.joints3d[:, limbs].astype(np.float64)).mean())


@click.command()
@click.argument("poses", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--steps", type=click.IntRange(min=1), default=STEPS, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@one_line()
def main(poses: Path, out: Path, steps: int, seed: int) -> None:
    """Train a lifting network on POSES (.npz) and write it to OUT (.safetensors)."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    lifter, error = train_lifter(read_poses(poses), steps, seed)
    save_lifter(out, lifter)
    click.echo(f"{out}: {error:.1f} mm PA-MPJPE on recordings kept aside")


if __name__ == "__main__":
    main()
