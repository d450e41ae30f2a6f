"""Weights that a checkpoint borrows from the default bundle, which holds the same numbers: both together weigh little more than
one.

Only the two checkpoints that come along are thin like this (`python -m sspnet_export.ship` writes them). Their metadata has one
entry more, `borrowed`: the sha256 of the bundle's file of weights, and for each weight its offset there and its shape. Of weights
in 8 bits, a thin checkpoint keeps the steps.
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

from sspnet_train.network.eight_bits import in_eight_bits

NOTE = "borrowed"
LENDER = Path(str(files("sspnet_sdk"))) / "default_bundle" / "weights.bin"
LEAST_BYTES = 1024


def without_lent(weights: Mapping[str, Tensor], lender: bytes) -> tuple[dict[str, Tensor], str]:
    """Divide weights into those to store and those that stand in the lender's bytes.

    Args:
        weights: as they are stored: fp16, batch-norm statistics float32.
        lender: content of the bundle's file of weights.

    Returns:
        What to store, and the note by which `borrowed` gives back the weights.
    """
    kept, lent, lent_in_eight_bits = dict(weights), {}, {}
    for key, value in weights.items():
        if value.dtype != torch.float16 or value.nbytes < LEAST_BYTES:
            continue
        if (offset := lender.find(value.contiguous().numpy().tobytes())) >= 0:
            lent[key] = [offset, list(value.shape)]
            del kept[key]
        elif (eight := in_eight_bits(value.numpy())) is not None and (offset := lender.find(eight[0].tobytes())) >= 0:
            lent_in_eight_bits[key] = [offset, list(value.shape)]
            kept[key] = torch.from_numpy(eight[1])
    note = {"sha256": hashlib.sha256(lender).hexdigest(), "weights": lent, "eight_bits": lent_in_eight_bits}
    return kept, json.dumps(note)


def borrowed(note: str, kept: Mapping[str, Tensor], lender: Path = LENDER) -> dict[str, Tensor]:
    """The weights that a note names, from a bundle's file of weights.

    Args:
        note: of `without_lent`.
        kept: what the checkpoint stores.
        lender: the bundle's file of weights.

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
        halves = {key: _at(content, torch.float16, *place) for key, place in said["weights"].items()}
        eight = {key: _at(content, torch.int8, *place) for key, place in said.get("eight_bits", {}).items()}
        return halves | {key: numbers * kept[key].reshape(-1, *[1] * (numbers.ndim - 1)) for key, numbers in eight.items()}
    except (TypeError, KeyError, AttributeError, RuntimeError, RecursionError, json.JSONDecodeError):
        raise ValueError("what it says of borrowed weights is malformed") from None


def _at(content: bytes, dtype: torch.dtype, offset: int, shape: list[int]) -> Tensor:
    length = dtype.itemsize * math.prod(shape)
    if not 0 <= offset < offset + length <= len(content) or min(shape, default=0) < 1:
        raise ValueError("it borrows weights that the default bundle does not have")
    return torch.frombuffer(bytearray(content[offset : offset + length]), dtype=dtype).reshape(shape)
