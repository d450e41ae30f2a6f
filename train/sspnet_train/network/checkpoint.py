"""Checkpoints: one .safetensors file with a config and weights. It is enough to export from or to start from.

A checkpoint may also hold the weights of the network that knows bodies (`millimetres`), under names that begin with "bodies.".
Without them, that in the package is used.
"""

from __future__ import annotations

import json
from pathlib import Path

from torch import Tensor

from sspnet_train.errors import CheckpointError
from sspnet_train.network.model import SSPNet, SSPNetConfig
from sspnet_train.network.weight_file import fitted, read_weights, write_weights

BODIES = "bodies."


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
    write_weights(path, every, {"sspnet_config": json.dumps(config.to_dict()), **(notes or {})})


def read_checkpoint(path: Path) -> tuple[SSPNetConfig, dict[str, Tensor], dict[str, str]]:
    """Read a checkpoint without the network that knows bodies.

    Returns:
        The config, float32 weights, and notes.

    Raises:
        CheckpointError: the file is missing, damaged, or no checkpoint.
    """
    config, weights, _, notes = _read(path)
    return config, weights, notes


def _read(path: Path) -> tuple[SSPNetConfig, dict[str, Tensor], dict[str, Tensor], dict[str, str]]:
    """Config, weights, bodies and notes of a file."""
    weights, notes = read_weights(path, "checkpoint")
    if "sspnet_config" not in notes:
        raise CheckpointError(f"{path} has no SSP-Net config in its metadata: was it written by save_checkpoint?")
    try:
        config = SSPNetConfig.from_dict(json.loads(notes.pop("sspnet_config")))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path}: its config is malformed: {error}") from None
    network = {key: value for key, value in weights.items() if not key.startswith(BODIES)}
    return config, network, {key[len(BODIES) :]: weights[key] for key in weights.keys() - network.keys()}, notes


def load_network(path: Path) -> SSPNet:
    """The network of a checkpoint, in eval mode. It takes memory for the file's weights only, whatever its config claims.

    Raises:
        CheckpointError: the file is missing, damaged, no checkpoint, or its weights do not fit its config.
    """
    config, weights, bodies, _ = _read(path)

    def make() -> SSPNet:
        if config.pyramids * config.levels > len(weights) or sum(config.depths) > len(weights):
            raise ValueError(f"{len(weights)} weights are too few")
        return SSPNet(config)

    network = fitted(make, weights, path, f"config {config.name!r}")
    network.bodies = bodies
    return network
