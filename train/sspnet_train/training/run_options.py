"""How one run of a recipe goes: length, seed, how often it saves and validates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunOptions:
    """How one run goes.

    Attributes:
        steps: batches to train on.
        seed: decides weights, crops and their order.
        decay_from: step from which the rate falls to zero along a half cosine, or None for never.
        save_minutes: save a checkpoint every so often.
        validate_minutes: score the moving average every so often.
        validate_size: side of the input then, pixels.
        validate_limit: people of each set that are scored.
        workers: processes that load pictures; 0 loads in this one.
        save_steps: also save every so many steps.
        validate_steps: score every so many steps instead of minutes, so that a run repeats exactly even where its rate depends on
            the scores.
        bf16: forward passes in bfloat16; coordinates stay float32.
        sync_batch_norm: batch statistics over all ranks together.
        validate_first: score before the first step too, to see what a network could do before fine-tuning.
    """

    steps: int
    seed: int = 0
    decay_from: int | None = None
    save_minutes: float = 10.0
    validate_minutes: float = 20.0
    validate_size: int = 256
    validate_limit: int = 300
    workers: int = 0
    save_steps: int = 0
    validate_steps: int = 0
    bf16: bool = False
    sync_batch_norm: bool = False
    validate_first: bool = False
