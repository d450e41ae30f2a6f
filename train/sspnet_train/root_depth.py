"""How far away a person is: an MLP 128-128-256 on the box and the features F_1^3 -> absolute Z of the root (Section 4.2).

It stands beside the network, which need not know of it: it reads what pyramid 1 gives at its deepest level. A box of known
pixels under a known focal length fixes the distance but for the size of what the box holds, so the MLP says that size, and Z =
focal · size / box side.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from .augment import BOX_SCALE, view_matrix, warp
from .data.sample import Sample, SampleSource
from .entry_flow import Entry
from .errors import DataError, TrainingError
from .model import SSPNet

BOX_FEATURES = 6
HIDDEN = (128, 128, 256)
JITTER_SCALE, JITTER_SHIFT = 0.15, 0.05


class RootDepth(nn.Module):
    """width: features of F_1^3, `config.width_at(config.levels)`."""

    def __init__(self, width: int):
        super().__init__()
        self.width = width
        self.norm = nn.LayerNorm(width)
        sizes = (width + BOX_FEATURES - 1, *HIDDEN)
        hidden = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
        self.layers = nn.Sequential(*hidden, nn.Linear(HIDDEN[-1], 1))

    def forward(self, features: Tensor, box: Tensor) -> Tensor:
        """features (N, width), box (N, 6) of `box_features` -> (N,) log of the metres that the box's side spans at the root."""
        return self.layers(torch.cat([self.norm(features), box[:, 1:]], dim=1))[:, 0]

    def absolute(self, features: Tensor, box: Tensor) -> Tensor:
        """-> (N,) mm from the camera to the pelvis."""
        return 1000.0 * torch.exp(self(features, box) + box[:, 0])

    def features(self, network: SSPNet, entry: Entry) -> Tensor:
        """F_1^3, mean over its cells. -> (N, width)."""
        pose = None
        if entry.pose is not None:
            pose = torch.cat([entry.pose, torch.full_like(entry.pose[..., :1], 0.5)], dim=2)
        levels, _, _ = network.run_pyramid(1, dict(entry.levels), pose, entry.fine)
        return levels[network.config.levels].float().mean(dim=(2, 3))


def box_features(sample: Sample, box: np.ndarray | None = None) -> Tensor:
    """(6,): log of focal / side; its inverse; width and height by side; the box's centre on the plane z = 1 (0 without a
    camera)."""
    if sample.focal is None:
        raise DataError(f"{sample.name}: the root's depth needs a focal length, which this data set does not give")
    x, y, w, h = (float(value) for value in (sample.box if box is None else box))
    side = max(w, h)
    middle = [0.0, 0.0]
    if sample.camera is not None:
        middle = [((x + w / 2) - sample.camera.centre[0]) / sample.focal, ((y + h / 2) - sample.camera.centre[1]) / sample.focal]
    return torch.tensor([np.log(sample.focal / side), side / sample.focal, w / side, h / side, *middle], dtype=torch.float32)


def train_root_depth(
    network: SSPNet, source: SampleSource, size: int, steps: int, *, batch: int = 16, lr: float = 1e-3, seed: int = 0
) -> RootDepth:
    """Train the MLP on a set with focal lengths and root depths; the network stays as it is. Boxes are jittered as detectors'
    are."""
    device = next(network.parameters()).device
    torch.manual_seed(seed)
    root = RootDepth(network.config.width_at(network.config.levels)).to(device)
    optimizer = torch.optim.AdamW(root.parameters(), lr=lr, weight_decay=1e-3)
    network.eval()
    for step in range(steps):
        features, boxes, truth = _batch(network, root, source, size, batch, np.random.default_rng((seed, step)))
        for group in optimizer.param_groups:
            group["lr"] = lr * 0.5 * (1 + np.cos(np.pi * step / steps))
        loss = F.smooth_l1_loss(root(features, boxes) + boxes[:, 0], torch.log(truth / 1000.0), beta=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return root.eval()


@torch.no_grad()
def _batch(
    network: SSPNet, root: RootDepth, source: SampleSource, size: int, count: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    pictures, boxes, truth = [], [], []
    for _ in range(count):
        sample = source[int(rng.integers(len(source)))]
        if sample.root_z is None:
            raise DataError(f"{source.name} has no absolute depths to learn from; synth3d, human36m and mpi-inf-3dhp have")
        x, y, w, h = (float(value) for value in sample.box)
        scale, shift = np.exp(rng.uniform(-JITTER_SCALE, JITTER_SCALE)), rng.uniform(-JITTER_SHIFT, JITTER_SHIFT, 2) * max(w, h)
        centre = np.array([x + w / 2, y + h / 2]) + shift
        box = np.array([*(centre - np.array([w, h]) * scale / 2), w * scale, h * scale])
        pictures.append(warp(sample.image, view_matrix(centre, BOX_SCALE * scale * max(w, h), size), size))
        boxes.append(box_features(sample, box))
        truth.append(sample.root_z)
    device = next(network.parameters()).device
    image = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).to(device).float() / 127.5 - 1
    features = root.features(network, network.entry(image))
    return features, torch.stack(boxes).to(device), torch.tensor(truth, dtype=torch.float32, device=device)


def save_root_depth(path: Path, root: RootDepth) -> None:
    partial = path.with_name(path.name + ".part")
    save_file(
        {key: value.contiguous() for key, value in root.state_dict().items()}, partial, {"root_depth_width": str(root.width)}
    )
    os.replace(partial, path)


def load_root_depth(path: Path, network: SSPNet) -> RootDepth:
    """The MLP of a file, for that network. Raises TrainingError in one line."""
    try:
        with safe_open(path, framework="pt") as file:
            width = int((file.metadata() or {}).get("root_depth_width", 0))
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError) as error:
        raise TrainingError(f"{path} is not a root depth file: {error}") from None
    expected = network.config.width_at(network.config.levels)
    if width != expected:
        raise TrainingError(f"{path} was trained on features of width {width}; this network's are {expected} wide")
    root = RootDepth(width)
    root.load_state_dict(weights)
    return root.eval()


def main() -> None:
    """Train the MLP of a checkpoint: python -m sspnet_train.root_depth --help."""
    import argparse

    from .checkpoint import load_network
    from .data.catalog import common_definition, open_split, parse_data

    parser = argparse.ArgumentParser(description="Train the root's depth network that goes with a checkpoint.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument(
        "--data", required=True, metavar="[NAME=]FOLDER", help="a set with depths: synth3d, human36m, mpi-inf-3dhp"
    )
    parser.add_argument("--size", type=int, default=128, help="side of the input, pixels")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("root_depth.safetensors"))
    given = parser.parse_args()
    name, folder = next(iter(parse_data([given.data]).items()))
    source = open_split(name, folder, "train", common_definition([name]))
    save_root_depth(given.out, train_root_depth(load_network(given.checkpoint), source, given.size, given.steps))
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
