"""Weights that a checkpoint borrows from the default bundle, which holds the same fp16 numbers: both together weigh little more
than one.

Only the two checkpoints that come along are thin like this (`python -m sspnet_export.ship` writes them). Their metadata has one
entry more, `borrowed`: the sha256 of the bundle's file of weights, and for each weight its offset there and its shape.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import torch
from torch import Tensor

NOTE = "borrowed"
LENDER = Path(str(files("sspnet_sdk"))) / "default_bundle" / "weights.bin"
LEAST_BYTES = 1024


def without_lent(weights: Mapping[str, Tensor], lender: bytes) -> tuple[dict[str, Tensor], str]:
    """Divide weights into those to store and those that stand in the lender's bytes.

    Args:
        weights: as they are stored: fp16, batch-norm statistics float32.
        lender: content of the bundle's file of weights.

    Returns:
        The weights to store, and the note by which `borrowed` gives back the others.
    """
    lent = {}
    for key, value in weights.items():
        if value.dtype == torch.float16 and value.nbytes >= LEAST_BYTES:
            offset = lender.find(value.contiguous().numpy().tobytes())
            if offset >= 0:
                lent[key] = [offset, list(value.shape)]
    note = {"sha256": hashlib.sha256(lender).hexdigest(), "weights": lent}
    return {key: value for key, value in weights.items() if key not in lent}, json.dumps(note)


def borrowed(note: str, lender: Path = LENDER) -> dict[str, Tensor]:
    """The weights that a note names, fp16, from a bundle's file of weights.

    Raises:
        ValueError: in one line: the bundle is another than the note was made with, or the note is malformed.
    """
    try:
        content = lender.read_bytes()
    except OSError as error:
        raise ValueError(f"it borrows weights from the default bundle, which cannot be read: {error.strerror}") from None
    try:
        said = json.loads(note)
        if said["sha256"] != hashlib.sha256(content).hexdigest():
            raise ValueError("it borrows weights from another default bundle than the one here: install sspnet-sdk again")
        return {key: _at(content, offset, shape) for key, (offset, shape) in said["weights"].items()}
    except (TypeError, KeyError, AttributeError, RecursionError, json.JSONDecodeError):
        raise ValueError("what it says of borrowed weights is malformed") from None


def _at(content: bytes, offset: int, shape: list[int]) -> Tensor:
    length = 2 * math.prod(shape)
    if not 0 <= offset < offset + length <= len(content) or min(shape, default=0) < 1:
        raise ValueError("it borrows weights that the default bundle does not have")
    return torch.frombuffer(bytearray(content[offset : offset + length]), dtype=torch.float16).reshape(shape)
