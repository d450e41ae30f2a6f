"""How far away a person is: an MLP 128-128-256 on the box and the features F_1^3 gives the absolute Z of the root (Section 4.2).

It stands beside the network and reads what pyramid 1 gives at its deepest level. A box of known pixels under a known focal length
fixes the distance, but for the size of what the box holds. So the MLP says that size, and Z = focal · size / box side.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sspnet_train.data.sample import Sample
from sspnet_train.errors import DataError, TrainingError
from sspnet_train.network.model import SSPNet
from sspnet_train.network.weight_file import fitted, read_weights, write_weights

BOX_FEATURES = 6
HIDDEN = (128, 128, 256)
NOT_FEATURES = ("num_batches_tracked", "calibration", "to_evidence")
"""Weights that F_1^3 does not depend on."""


class RootDepth(nn.Module):
    """The MLP. `width` is that of F_1^3: `config.width_at(config.levels)`."""

    def __init__(self, width: int):
        super().__init__()
        self.width = width
        self.norm = nn.LayerNorm(width)
        sizes = (width + BOX_FEATURES - 1, *HIDDEN)
        hidden = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
        self.layers = nn.Sequential(*hidden, nn.Linear(HIDDEN[-1], 1))

    def forward(self, features: Tensor, box: Tensor) -> Tensor:
        """Log of the metres that the box's side spans at the root. Features (N, width), box (N, 6) of `box_features` -> (N,)."""
        return self.layers(torch.cat([self.norm(features), box[:, 1:]], dim=1))[:, 0]

    def absolute(self, features: Tensor, box: Tensor) -> Tensor:
        """As `forward`, but (N,) mm from the camera to the pelvis."""
        return 1000.0 * torch.exp(self(features, box) + box[:, 0])


def root_features(network: SSPNet, image: Tensor, previous: Tensor | None = None) -> Tensor:
    """The mean of F_1^3 over its cells, of images and the frame before as `SSPNet.forward` takes them. -> (N, width)."""
    entry = network.entry(image)
    levels, _, _ = network.run_pyramid(1, *network.start(entry, previous), entry.fine)
    return levels[network.config.levels].float().mean(dim=(2, 3))


def box_features(sample: Sample, box: np.ndarray | None = None) -> Tensor:
    """What the MLP reads of a box: (6,).

    These are the log of focal / side; its inverse; width and height by side; and the box's centre on the plane z = 1, or 0
    without a camera.
    """
    if sample.focal is None:
        raise DataError(f"{sample.name}: the root's depth needs a focal length, which this data set does not give")
    x, y, w, h = (float(value) for value in (sample.box if box is None else box))
    side = max(w, h)
    middle = [0.0, 0.0]
    if sample.camera is not None:
        middle = [((x + w / 2) - sample.camera.centre[0]) / sample.focal, ((y + h / 2) - sample.camera.centre[1]) / sample.focal]
    return torch.tensor([np.log(sample.focal / side), side / sample.focal, w / side, h / side, *middle], dtype=torch.float32)


def features_digest(network: SSPNet) -> str:
    """Digest of the weights that F_1^3 comes from. An MLP fits only the weights it was trained on."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        if name.startswith(("entry.", "previous.", "pyramids.0.")) and not any(part in name for part in NOT_FEATURES):
            digest.update(name.encode() + value.detach().cpu().float().contiguous().numpy().tobytes())
    return digest.hexdigest()


def save_root_depth(path: Path, root: RootDepth, network: SSPNet, errors: Mapping[str, Any] | None = None) -> None:
    """Write the network in one step, with the digest of the features that it was trained on.

    Args:
        path: of the .safetensors file.
        root: what was trained.
        network: the pose network whose features it saw.
        errors: what was measured on held-out people, for whoever uses the file.
    """
    notes = {"root_depth_width": str(root.width), "features": features_digest(network), "errors": json.dumps(errors or {})}
    write_weights(path, root.state_dict(), notes)


def load_root_depth(path: Path, network: SSPNet) -> tuple[RootDepth, dict[str, Any]]:
    """Read what `save_root_depth` wrote for a pose network.

    Returns:
        The root's depth network, and the errors in its file.

    Raises:
        TrainingError: the file is missing, damaged or another, or was trained on another checkpoint's features.
    """
    weights, notes = read_weights(path, "root depth file")
    try:
        width, digest, errors = int(notes["root_depth_width"]), notes["features"], json.loads(notes["errors"])
    except KeyError as error:
        raise TrainingError(f"{path} is no root depth file: its metadata has no {error.args[0]}") from None
    except ValueError as error:
        raise TrainingError(f"{path}: its metadata is malformed: {error}") from None
    expected = network.config.width_at(network.config.levels)
    if width != expected:
        raise TrainingError(f"{path} was trained on features of width {width}; this network's are {expected} wide")
    if digest != features_digest(network):
        raise TrainingError(
            f"{path} was trained on another checkpoint's features: "
            "make it anew with python -m sspnet_train.millimetres.train_root_depth"
        )
    return fitted(lambda: RootDepth(width), weights, path), errors
