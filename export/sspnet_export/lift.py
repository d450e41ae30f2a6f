"""The lift of a bundle: one small graph from any cut's answer to joints in millimetres, checked against PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sspnet_train.millimetres.pose_lift import NEXT_TO, PoseLift
from torch import Tensor, nn

from sspnet_export.engines import runtimes
from sspnet_export.errors import ExportError
from sspnet_export.folded_lift import FoldedLift
from sspnet_export.modules import write_module
from sspnet_export.trace import BATCH
from sspnet_export.verify import check_model
from sspnet_export.weights import WeightFile
from sspnet_sdk.bundle import Bundle

FILE = "lift.onnx"
LIFT = {
    "file": FILE,
    "pose": "a cut's answer: u, v, z, confidence of the crop",
    "answer": "millimetres from the pelvis: x right, y down, z away from the camera",
}
TOLERANCE_MM = 0.05


class LiftGraph(nn.Module):
    """pose (N, J, 4) -> joints3d (N, J, 3) mm."""

    def __init__(self, lift: FoldedLift):
        super().__init__()
        self.lift = lift

    def forward(self, pose: Tensor) -> dict[str, Tensor]:
        return {"joints3d": self.lift(pose)}


class LiftPart:
    """A `Part`: the bundle's own way to millimetres."""

    def __init__(self, lift: PoseLift, joints: int) -> None:
        self._lift, self._joints = lift, joints

    def write(self, folder: Path, weights: WeightFile) -> None:
        examples = {"pose": likely_poses(BATCH, self._joints)}
        graph = LiftGraph(FoldedLift(self._lift, self._joints)).eval()
        write_module(folder / FILE, weights, graph, examples, ["joints3d"])

    def describe(self, document: dict[str, Any]) -> None:
        document["lift"] = LIFT

    def verify(self, bundle: Bundle) -> Iterator[str]:
        assert bundle.lift is not None
        check_model(bundle.lift)
        poses = likely_poses(64, self._joints)
        with torch.no_grad():
            expected = self._lift(poses).numpy()
        for runtime, open_graph in runtimes().items():
            found = open_graph(bundle.lift)({"pose": poses.numpy()})["joints3d"]
            largest = float(np.abs(found - expected).max())
            yield f"lift, {runtime}: largest difference {largest:.2g} mm"
            if not largest <= TOLERANCE_MM:
                raise ExportError(f"{FILE} differs from PyTorch by {largest:.2g} mm in {runtime}, more than {TOLERANCE_MM}")


def likely_poses(count: int, joints: int) -> Tensor:
    """Somebody upright whose joints are moved about, some of them not believed in. -> (count, joints, 4)."""
    rows = [0.5, 0.5, 0.7, 0.9, 0.5, 0.7, 0.9, 0.4, 0.28, 0.22, 0.15, 0.3, 0.4, 0.5, 0.3, 0.4, 0.5]
    sides = [0, -1, -1, -1, 1, 1, 1, 0, 0, 0, 0, 1, 1.5, 2, -1, -1.5, -2]
    body = [[0.5 + 0.06 * side, row, 0.5, 0.7] for side, row in zip(sides, rows, strict=True)]
    upright = torch.tensor(body + [body[NEXT_TO[joint]] for joint in range(len(body), joints)])
    spread = torch.tensor([0.05, 0.05, 0.08, 0.3])
    moved = upright + spread * torch.randn(count, joints, 4, generator=torch.Generator().manual_seed(0))
    return torch.cat([moved[..., :3], moved[..., 3:].clamp(0, 1)], dim=2)
