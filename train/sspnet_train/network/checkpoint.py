"""Checkpoints: one .safetensors file that holds a config and weights, enough to export from or to start from.

Beside the network's weights it may hold those of the networks that know bodies (`millimetres`), under names that begin with
"bodies.". A checkpoint without them is used with the ones in the package.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from sspnet_train.errors import TrainingError
from sspnet_train.network.model import SSPNet, SSPNetConfig

BODIES = "bodies."


class CheckpointError(TrainingError):
    """A file that is no checkpoint of ours, or does not fit."""


def save_checkpoint(
    path: Path,
    config: SSPNetConfig,
    weights: dict[str, Tensor],
    notes: dict[str, str] | None = None,
    bodies: dict[str, Tensor] | None = None,
) -> None:
    """Write a checkpoint in one step: a killed process leaves the old file.

    Args:
        path: of the file; its folder is made.
        config: the network's.
        weights: its `state_dict`, stored as fp16.
        notes: what the file says of itself.
        bodies: `SSPNet.bodies`, stored as fp16.
    """
    every = weights | {BODIES + key: value for key, value in (bodies or {}).items()}
    halves = {key: halved(key, value.detach().cpu()).contiguous() for key, value in every.items()}
    metadata = {"sspnet_config": json.dumps(config.to_dict()), **(notes or {})}
    partial = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(halves, partial, metadata)
    os.replace(partial, path)


def halved(key: str, value: Tensor) -> Tensor:
    """fp16, but for batch-norm statistics, whose variances may pass its range."""
    return value if "running_" in key or not value.is_floating_point() else value.to(torch.float16)


def read_checkpoint(path: Path) -> tuple[SSPNetConfig, dict[str, Tensor], dict[str, str]]:
    """The network of a file, without what it holds beside it.

    Returns:
        Config, float32 weights, notes.

    Raises:
        CheckpointError: the file is missing, damaged, or no checkpoint.
    """
    config, weights, _, notes = _read(path)
    return config, weights, notes


def _read(path: Path) -> tuple[SSPNetConfig, dict[str, Tensor], dict[str, Tensor], dict[str, str]]:
    """-> config, weights, bodies, notes."""
    try:
        with safe_open(path, framework="pt") as file:
            notes = dict(file.metadata() or {})
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except FileNotFoundError:
        raise CheckpointError(f"no checkpoint at {path}") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a .safetensors checkpoint: {error}") from None
    if "sspnet_config" not in notes:
        raise CheckpointError(f"{path} has no SSP-Net config in its metadata: was it written by save_checkpoint?")
    try:
        config = SSPNetConfig.from_dict(json.loads(notes.pop("sspnet_config")))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path}: its config is malformed: {error}") from None
    weights = {key: value.float() if value.is_floating_point() else value for key, value in weights.items()}
    network = {key: value for key, value in weights.items() if not key.startswith(BODIES)}
    return config, network, {key[len(BODIES) :]: weights[key] for key in weights.keys() - network.keys()}, notes


def load_network(path: Path) -> SSPNet:
    """The network of a checkpoint, in eval mode. Memory is taken for the file's weights only, whatever its config claims.

    Raises:
        CheckpointError: the file is missing, damaged, no checkpoint, or its weights do not fit its config.
    """
    config, weights, bodies, _ = _read(path)
    for key, value in (weights | bodies).items():
        if not torch.isfinite(value).all():
            raise CheckpointError(f"{path}: {key} holds numbers that are not finite")
    try:
        if config.pyramids * config.levels > len(weights) or sum(config.depths) > len(weights):
            raise ValueError(f"{len(weights)} weights are too few")
        with torch.device("meta"):
            network = SSPNet(config)
        network.load_state_dict(weights, assign=True)
    except (RuntimeError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise CheckpointError(f"{path}: weights do not fit config {config.name!r}: {reason}") from None
    network.bodies = bodies
    return network.eval()
