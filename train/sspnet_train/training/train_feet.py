"""Teach a checkpoint to place heels and toes by all joints: python -m sspnet_train.training.train_feet --help.

The network looks at rendered people once. Then one small network per cut (`FootPlacement`) learns in minutes; nothing else of the
checkpoint changes.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from sspnet_train.command_numbers import at_least
from sspnet_train.data.sample import FLIP_ORDER, JOINTS
from sspnet_train.errors import DataError, TrainingError, one_line
from sspnet_train.millimetres.observations import Observations, kept_observations, with_face_and_feet
from sspnet_train.millimetres.train_fusion import observed_people
from sspnet_train.network.feet import FEET, FootPlacement
from sspnet_train.network.model import CONFIGS, SSPNet
from sspnet_train.training.grown_start import grown_start

log = logging.getLogger(__name__)

STEPS, BATCH, RATE, WEIGHT_DECAY = 3_000, 256, 1e-3, 0.02
NEAR_TORSO = 0.2
SHAKEN_TORSO = 0.01
"""Deviation of what is added to each place that is read: there are too few people to know them by heart."""
HIDDEN = 0.3
"""Weight of joints out of sight."""


def train_feet(block: FootPlacement, poses: Tensor, seen: Observations, steps: int = STEPS, seed: int = 0) -> None:
    """Teach one cut, in place.

    Args:
        block: the cut's.
        poses: (n, 28, 4) what the cut says without it.
        seen: the people whom `poses` are of, with the true points of 28 joints.
        steps: batches.
        seed: decides the batches.
    """
    torch.manual_seed(seed)
    truth, torso = torch.from_numpy(seen.points[:, FEET]), torch.from_numpy(seen.torso)[:, None]
    weight = HIDDEN + (1 - HIDDEN) * torch.from_numpy(seen.visible[:, FEET])
    block.requires_grad_().train()
    optimizer = torch.optim.AdamW(block.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(steps):
        row = torch.randint(len(poses), (BATCH,))
        pose, true, shares = mirrored_by_half(poses[row], truth[row], weight[row])
        pose[..., :2] += SHAKEN_TORSO * torso[row, None] * torch.randn_like(pose[..., :2])
        loss = (far(block(pose[..., :3], pose[..., 3])[:, FEET, :2], true, torso[row]) * shares).sum() / shares.sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 1000 == 0:
            log.info("step %d of %d: %.3f", step, steps, float(loss.detach()))
    block.eval()


def far(places: Tensor, truth: Tensor, torso: Tensor) -> Tensor:
    """d / (d + 0.2 torso): of two feet that a toe may belong to, one is the answer, not the middle. (N, K, 2) -> (N, K)."""
    distance = (places - truth).norm(dim=2) / torso
    return distance / (distance + NEAR_TORSO)


def mirrored_by_half(pose: Tensor, truth: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Every other person of a batch mirrored: poses (N, 28, 4), true points (N, 6, 2) and weights (N, 6) of the feet."""
    pose, truth, weight = pose.clone(), truth.clone(), weight.clone()
    feet = [FEET.index(FLIP_ORDER[joint]) for joint in FEET]
    pose[::2], truth[::2], weight[::2] = pose[::2][:, list(FLIP_ORDER)], truth[::2][:, feet], weight[::2][:, feet]
    pose[::2, :, 0], truth[::2, :, 0] = 1 - pose[::2, :, 0], 1 - truth[::2, :, 0]
    return pose, truth, weight


def with_fresh_feet(network: SSPNet) -> SSPNet:
    """The network as its config is now, with feet as the heads leave them.

    Raises:
        TrainingError: the config places none.
    """
    config = network.config
    if config.name in CONFIGS and config.joints == JOINTS:
        config = replace(config, feet=CONFIGS[config.name].feet)
    if not config.feet:
        raise TrainingError(
            f"a network {config.name!r} of {config.joints} joints places no feet; one of edge, with {JOINTS}, does"
        )
    fresh = grown_start(network, config)
    for block in fresh.feet.values():
        cast(FootPlacement, block).forget()
    return fresh


def teach_feet(network: SSPNet, seen: Observations, steps: int = STEPS) -> None:
    """Teach every cut that places feet, in place, from what it said of people before it did.

    Raises:
        DataError: the people have no true feet, or were seen by other cuts.
    """
    seen = with_face_and_feet(seen)
    if not len(seen.poses):
        raise DataError("these people have 17 joints; those of sspnet-sdk synth have heels and toes")
    if seen.poses.shape[1] != len(network.config.feet):
        raise DataError(f"the observations hold {seen.poses.shape[1]} cuts, where feet are placed at {network.config.feet}")
    for index, cut in enumerate(network.config.feet):
        log.info("cut %d:", cut)
        train_feet(cast(FootPlacement, network.feet[str(cut)]), torch.from_numpy(seen.poses[:, index]), seen, steps)


@one_line()
def main() -> None:
    from sspnet_train.network.checkpoint import load_network, read_checkpoint, save_checkpoint

    parser = argparse.ArgumentParser(description="Teach a checkpoint to place heels and toes by all joints.")
    parser.add_argument("--checkpoint", type=Path, required=True, help="its pyramids have learnt 28 joints")
    parser.add_argument(
        "--data", required=True, nargs="+", action="extend", metavar="[NAME=]FOLDER", help="rendered people with 28 joints"
    )
    parser.add_argument("--size", type=int, nargs="+", default=(256, 192, 128), help="sides of the input, pixels")
    parser.add_argument("--people", type=at_least(1), default=9_000, help="views to take: half of them at the first size")
    parser.add_argument("--steps", type=at_least(1), default=STEPS)
    parser.add_argument("--threads", type=at_least(1), default=1)
    parser.add_argument("--observations", type=Path, help=".npz of what the network says: read if it is there, else written")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(given.threads)
    network = with_fresh_feet(load_network(given.checkpoint))
    seen = kept_observations(
        given.observations, lambda: observed_people(network, given.data, given.size, given.people, network.config.feet)
    )
    teach_feet(network, seen, given.steps)
    save_checkpoint(given.out, network.config, network.state_dict(), read_checkpoint(given.checkpoint)[2], network.bodies)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
