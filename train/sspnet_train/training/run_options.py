"""How one run of a recipe goes: length, seed, how often it saves and validates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunOptions:
    """How one run goes. decay_from: step from which the rate falls to zero along a half cosine (None: never).

    save_minutes, save_steps: a checkpoint every so often; validate_minutes: scores of the moving average every so often, or by
    validate_steps where given, so that a run repeats exactly even where its rate hangs on validations.
    bf16: forward passes in bfloat16 (coordinates stay float32); sync_batch_norm: statistics over the ranks' batches together.
    validate_first: scores before the first step too, so that one sees what a fine-tuned network could do before.
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
