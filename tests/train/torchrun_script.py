"""What the ranks of test_torchrun.py run: torchrun_script.py FOLDER CROPS_PER_RANK [--resume] [--die-at STEP]."""

from __future__ import annotations

import argparse
import os
import signal
from dataclasses import replace
from pathlib import Path

import torch
from conftest import TINY
from drawn_people import drawn_people
from sspnet_train.data.augment import PAPER
from sspnet_train.network.model import CONFIGS
from sspnet_train.training.distributed import torchrun_ranks
from sspnet_train.training.loop import RunOptions, train
from sspnet_train.training.recipes import RECIPES

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("crops", type=int)
parser.add_argument("--resume", action="store_true")
parser.add_argument("--die-at", type=int, default=-1)
given = parser.parse_args()

torch.set_num_threads(1)
CONFIGS[TINY.name] = TINY
recipe = replace(
    RECIPES["edge"], name="tiny", config=TINY.name, batch={64: given.crops}, size_shares={64: 1.0}, shares={"drawn": 1.0},
    augmentation=PAPER, optimizer="rmsprop", lr=1e-4, entry_lr=1e-4, warmup_steps=2, ema=0.9, confidence="present",
)  # fmt: skip
options = RunOptions(steps=40, seed=1, save_steps=10, validate_steps=20, validate_size=64, sync_batch_norm=True)

with torchrun_ranks() as rank:

    def note_or_die(done: int, _: int, loss: float) -> None:
        if done == given.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        with (given.folder / "steps.txt").open("a") as file:
            file.write(f"{loss!r}\n")

    people, others = {"drawn": drawn_people()}, {"drawn": drawn_people(4, 100)}
    train(recipe, people, others, given.folder, options, resume=given.resume, on_step=note_or_die)
