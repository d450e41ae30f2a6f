"""The lift of a bundle: one small graph from any cut's answer to joints in millimetres, checked against PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from sspnet_train.millimetres.pose_lift import PoseLift
from torch import Tensor, nn

from .errors import ExportError
from .modules import write_module
from .trace import BATCH
from .verify import check_model, runtimes
from .weights import WeightFile

FILE = "lift.onnx"
LIFT = {
    "file": FILE,
    "pose": "a cut's answer: u, v, z, confidence of the crop",
    "answer": "millimetres from the pelvis: x right, y down, z away from the camera",
}
TOLERANCE_MM = 0.5


class LiftGraph(nn.Module):
    """pose (N, 17, 4) -> joints3d (N, 17, 3) mm."""

    def __init__(self, lift: PoseLift):
        super().__init__()
        self.lift = lift

    def forward(self, pose: Tensor) -> dict[str, Tensor]:
        return {"joints3d": self.lift(pose)}


def write_lift(folder: Path, weights: WeightFile, lift: PoseLift) -> None:
    """The graph, its weights beside those of the others."""
    write_module(folder / FILE, weights, LiftGraph(lift).eval(), {"pose": likely_poses(BATCH)}, ["joints3d"])


def verify_lift(folder: Path, lift: PoseLift) -> Iterator[str]:
    """In every engine, against PyTorch. Raises ExportError where the graph is malformed or differs by more than TOLERANCE_MM."""
    check_model(folder / FILE)
    poses = likely_poses(64)
    with torch.no_grad():
        expected = lift(poses).numpy()
    for runtime, open_graph in runtimes().items():
        found = open_graph(folder / FILE)({"pose": poses.numpy()})["joints3d"]
        largest = float(np.abs(found - expected).max())
        yield f"lift, {runtime}: largest difference {largest:.2g} mm"
        if not largest <= TOLERANCE_MM:
            raise ExportError(f"{FILE} differs from PyTorch by {largest:.2g} mm in {runtime}, more than {TOLERANCE_MM}")


def likely_poses(count: int) -> Tensor:
    """Somebody upright whose joints are moved about, some of them not believed in. -> (count, 17, 4)."""
    rows = [0.5, 0.5, 0.7, 0.9, 0.5, 0.7, 0.9, 0.4, 0.28, 0.22, 0.15, 0.3, 0.4, 0.5, 0.3, 0.4, 0.5]
    sides = [0, -1, -1, -1, 1, 1, 1, 0, 0, 0, 0, 1, 1.5, 2, -1, -1.5, -2]
    upright = torch.tensor([[0.5 + 0.06 * side, row, 0.5, 0.7] for side, row in zip(sides, rows, strict=True)])
    spread = torch.tensor([0.05, 0.05, 0.08, 0.3])
    moved = upright + spread * torch.randn(count, 17, 4, generator=torch.Generator().manual_seed(0))
    return torch.cat([moved[..., :3], moved[..., 3:].clamp(0, 1)], dim=2)
