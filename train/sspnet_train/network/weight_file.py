"""Weights in .safetensors files: write them in one step, read them, fit them into a network. Errors are one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from sspnet_train.errors import CheckpointError
from sspnet_train.network.borrowed import LENDER, NOTE, borrowed
from sspnet_train.whole_file import whole_file

Network = TypeVar("Network", bound=nn.Module)


def write_weights(path: Path, weights: Mapping[str, Tensor], notes: Mapping[str, str] | None = None) -> None:
    """Write weights as fp16 in one step: a killed process leaves the old file.

    Args:
        path: of the file; its folder is made.
        weights: a `state_dict`.
        notes: what the file says of itself.

    Raises:
        TrainingError: the system refuses to write.
    """
    halves = {key: halved(key, value.detach().cpu()).contiguous() for key, value in weights.items()}
    with whole_file(path) as partial:
        partial.write_bytes(save(halves, dict(notes or {})))  # safetensors' own file could be read by nobody but its owner


def halved(key: str, value: Tensor) -> Tensor:
    """fp16 for all weights but batch-norm statistics, whose variances may pass its range."""
    return value if "running_" in key or not value.is_floating_point() else value.to(torch.float16)


def read_weights(path: Path, kind: str, lender: Path = LENDER) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read what `write_weights` wrote. What a shipped checkpoint borrows is read from where it stands.

    Args:
        path: of the file.
        kind: what the file should be, for the errors: "checkpoint".
        lender: the bundle's file of weights from which a shipped checkpoint borrows.

    Returns:
        float32 weights, and the notes.

    Raises:
        CheckpointError: the file is missing, damaged, no .safetensors file, or holds numbers that are not finite; or it borrows
            from another default bundle than is here.
    """
    refuse_folder(path, kind)
    try:
        with safe_open(path, framework="pt") as file:
            notes = dict(file.metadata() or {})
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except FileNotFoundError:
        raise CheckpointError(f"no {kind} at {path}") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a .safetensors {kind}: {error}") from None
    try:
        weights |= borrowed(notes.pop(NOTE), weights, lender) if NOTE in notes else {}
    except ValueError as error:
        raise CheckpointError(f"{path}: {error}") from None
    for key, value in weights.items():
        if not torch.isfinite(value).all():
            raise CheckpointError(f"{path}: {key} holds numbers that are not finite")
    return {key: value.float() if value.is_floating_point() else value for key, value in weights.items()}, notes


def refuse_folder(path: Path, kind: str) -> None:
    """A run's folder is easily named in place of the file in it.

    Raises:
        CheckpointError: `path` is a folder; the line names a file in it.
    """
    if path.is_dir():
        files = sorted(path.glob("*.safetensors"))
        raise CheckpointError(f"{path} is a folder; a {kind} is a .safetensors file{f', as {files[0]}' if files else ''}")


def fitted(make: Callable[[], Network], weights: Mapping[str, Tensor], path: Path, config: str = "its config") -> Network:
    """A network with the weights of a file, in eval mode. It takes memory for these weights only, whatever the network's config.

    Args:
        make: builds the network; may raise ValueError or TypeError.
        weights: all of the network's, by name.
        path: of the file, for the error.
        config: how the error names what the weights should fit.

    Raises:
        CheckpointError: the network cannot be built, or the weights are not its own.
    """
    try:
        with torch.device("meta"):
            network = make()
        network.load_state_dict(weights, assign=True)
    except (RuntimeError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise CheckpointError(f"{path}: weights do not fit {config}: {reason}") from None
    return network.eval()
