"""Train the fusing network of a checkpoint: python -m sspnet_train.millimetres.train_fusion --help.

Rendered people tell what the pose network gets wrong. Motion capture gives as many bodies as one wants: random cameras see them,
and those same mistakes spoil them. The pose network looks at every person once. Then the fusing network learns in minutes. Where
rendered people have faces and feet, it learns of them in the end (`train_face_and_feet`).
"""

from __future__ import annotations

import argparse
import copy
import itertools
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from sspnet_sdk.pose import BODY_JOINTS
from sspnet_train.command_numbers import at_least
from sspnet_train.data.sample import LIMB_JOINTS
from sspnet_train.data.synth3d import held_out
from sspnet_train.errors import DataError, TrainingOptionError, one_line
from sspnet_train.millimetres.fusion import UNIT_MM, FusionNetwork
from sspnet_train.millimetres.mistakes import Mistakes
from sspnet_train.millimetres.observations import Observations, joined, kept_observations, observe, with_face_and_feet
from sspnet_train.millimetres.one_cycle import one_cycle
from sspnet_train.millimetres.pose_lift import PoseLift, bodies_of, face_and_feet
from sspnet_train.millimetres.views import ViewSampler
from sspnet_train.network.model import SSPNet
from sspnet_train.network.request import check_cuts, check_size
from sspnet_train.synth.pose_sampling import PoseFile, read_poses

log = logging.getLogger(__name__)

STEPS, RATE, AVERAGE = 20_000, 1e-3, 0.004
RATE_FURTHER = 3e-4
"""Of a network that has learnt before."""
SIMULATED, OBSERVED = 224, 160
"""Of a batch: motion capture with mistakes of others, and rendered people with their own."""
STEPS_BESIDE, BESIDE = 4_000, 160
"""Batches of people that teach faces and feet, and how many are in each."""
ALIGNED = 0.5
"""Weight of what is wrong beyond turn and scale."""


def train_fusion(
    seen: Observations, motion: PoseFile, steps: int = STEPS, seed: int = 0, start: FusionNetwork | None = None
) -> FusionNetwork:
    """Train a fusing network, or go on with one.

    Args:
        seen: what the pose network said about rendered people.
        motion: motion capture. Recordings that validation is made of are left out.
        steps: batches to train on.
        seed: decides weights and batches.
        start: has learnt before, perhaps from other people. What it knew and what it learns count alike.

    Returns:
        The averaged network, or the mean of that and `start`, in eval mode.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    motion = without_held_out(motion)
    mistakes, bodies = Mistakes(seen), ViewSampler(motion.joints, motion.family)
    network, rate = (FusionNetwork(), RATE) if start is None else (copy.deepcopy(start).requires_grad_(), RATE_FURTHER)
    average = copy.deepcopy(network).requires_grad_(False)

    def next_loss() -> Tensor:
        (pose, truth), (seen_pose, seen_truth) = mistakes.simulated(bodies, SIMULATED, rng), mistakes.observed(OBSERVED, rng)
        poses = torch.from_numpy(np.concatenate([pose, seen_pose]).astype(np.float32))
        truths = torch.from_numpy(np.concatenate([truth, seen_truth[:, :BODY_JOINTS]]).astype(np.float32))
        return fusion_loss(network(poses)[0], truths)

    _learn(network, average, next_loss, steps, rate, weight_decay=1e-4)
    if start is not None:
        for mean, before in zip(average.parameters(), start.parameters(), strict=True):
            mean.lerp_(before, 0.5)
    return average.eval()


def train_face_and_feet(fusion: FusionNetwork, seen: Observations, steps: int = STEPS_BESIDE, seed: int = 0) -> None:
    """Teach a fusing network, in place, what is to be changed in where face and feet lie. What it says of bodies stays.

    Args:
        fusion: has learnt bodies.
        seen: what the pose network said about rendered people with true faces and feet.
        steps: batches to train on.
        seed: decides the batches.
    """
    rng, mistakes = np.random.default_rng(seed), Mistakes(seen)
    learning = copy.deepcopy(fusion).requires_grad_(False)
    learning.beside.requires_grad_()

    def next_loss() -> Tensor:
        pose, truth = (torch.from_numpy(part.astype(np.float32)) for part in mistakes.observed(BESIDE, rng))
        body, change = learning(pose)
        there = pose[:, BODY_JOINTS:, 3] > 0
        off = (face_and_feet(pose, body, change) - truth[:, BODY_JOINTS:]).norm(dim=2)
        return off[there].mean() / UNIT_MM

    log.info("face and feet:")
    _learn(learning.beside, fusion.beside, next_loss, steps, RATE)


def taught(start: FusionNetwork | None, seen: Observations, poses: Path, steps: int) -> FusionNetwork:
    """A fusing network that has learnt bodies, and then faces and feet of those people who have them.

    Args:
        start: has learnt before; None begins anew.
        seen: what the pose network said about rendered people.
        poses: motion capture, see `read_poses`.
        steps: batches of bodies; with 0, `start` learns faces and feet alone.

    Raises:
        DataError: faces and feet are to be learnt alone, and nobody has them.
    """
    whole = with_face_and_feet(seen)
    if start is not None and not steps:
        if not len(whole.poses):
            raise DataError(
                "0 steps teach faces and feet alone: that takes people of sspnet-sdk synth and a network of 28 joints"
            )
        fusion = start
    else:
        fusion = train_fusion(seen, read_poses(poses), steps, start=start)
    if len(whole.poses):
        train_face_and_feet(fusion, whole)
    return fusion


def _learn(
    network: nn.Module, average: nn.Module, next_loss: Callable[[], Tensor], steps: int, rate: float, weight_decay: float = 0.0
) -> None:
    """Train a network along one cycle of the rate. `average` follows it.

    Args:
        network: whose weights step.
        average: of the same shape; receives their moving average.
        next_loss: of the next batch, in units of UNIT_MM.
        steps: batches.
        rate: the highest.
        weight_decay: the optimizer's.
    """
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=weight_decay)
    schedule = one_cycle(optimizer, rate, steps)
    for step in range(steps):
        loss = next_loss()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            for mean, value in zip(average.parameters(), network.parameters(), strict=True):
                mean.lerp_(value, max(AVERAGE, 1 / (step + 1)))
        if step % 1000 == 0:
            log.info("step %d of %d: %.0f mm", step, steps, UNIT_MM * float(loss.detach()))


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
    """Without the recordings that are held out by name; mixed poses of validation people may hold others."""
    kept = np.array([not held_out(clip) for clip in poses.clip.tolist()])
    return PoseFile(poses.joints[kept], poses.clip[kept], poses.family[kept], poses.seen)


@one_line()
def main() -> None:
    from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint

    parser = argparse.ArgumentParser(description="Train the fusing network that goes with a checkpoint.")
    parser.add_argument("--checkpoint", type=Path, required=True, help="calibrated: confidences say what is to be believed")
    parser.add_argument(
        "--data", required=True, nargs="+", action="extend", metavar="[NAME=]FOLDER", help="with true joints in mm: synth3d"
    )
    parser.add_argument("--poses", type=Path, required=True, help="motion capture, as millimetres.train_lifter reads it")
    parser.add_argument("--size", type=int, nargs="+", default=(256, 192, 128), help="sides of the input, pixels")
    parser.add_argument("--people", type=at_least(1), default=12_000, help="views to take: half of them at the first size")
    parser.add_argument("--cuts", type=int, nargs="+", default=(2, 4, 8))
    parser.add_argument("--steps", type=at_least(0), default=STEPS, help="with --further, 0 teaches faces and feet alone")
    parser.add_argument(
        "--further",
        action="store_true",
        help="go on with the checkpoint's own fusing network; the mean of before and after is kept",
    )
    parser.add_argument("--threads", type=at_least(1), default=1)
    parser.add_argument("--observations", type=Path, help=".npz of what the pose network says: read if it is there, else written")
    parser.add_argument("--out", type=Path, required=True, help="the checkpoint with the fusing network in it")
    given = parser.parse_args()
    if not given.steps and not given.further:
        raise TrainingOptionError(
            "0 steps teach faces and feet to a network that knows bodies: give --further too, or more steps"
        )
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(given.threads)
    seen = kept_observations(
        given.observations,
        lambda: observed_people(load_network(given.checkpoint), given.data, given.size, given.people, given.cuts),
    )
    start = PoseLift.of(load_network(given.checkpoint)).fusion if given.further else None
    fusion = taught(start, seen, given.poses, given.steps)
    config, weights, notes = read_checkpoint(given.checkpoint)
    save_checkpoint(given.out, config, weights, notes, bodies_of(fusion))
    print(f"wrote {given.out}")


def observed_people(
    network: SSPNet, data: Sequence[str], sizes: Sequence[int], people: int, cuts: Sequence[int]
) -> Observations:  # fmt: skip
    """What a network says about the people of some sets: half of them at the first size, the others at the rest.

    Raises:
        TrainingOptionError: a cut or size that the network does not have.
    """
    from tqdm import tqdm

    from sspnet_train.data.catalog import common_definition, open_split, parse_data

    check_cuts(network.config, cuts)
    for size in sizes:
        check_size(network.config, size)
    sets = parse_data(data)
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
