"""The root's depth network of a bundle: one small graph for all sizes and precisions, checked against PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sspnet_train.errors import TrainingError
from sspnet_train.millimetres.root_depth import BOX_FEATURES, RootDepth, load_root_depth, root_features
from sspnet_train.network.model import SSPNet
from sspnet_train.network.network_input import network_input
from torch import Tensor, nn

from sspnet_export.engines import chain_poses, runtimes
from sspnet_export.errors import ExportError
from sspnet_export.inference import ROOT_FEATURES
from sspnet_export.modules import write_module
from sspnet_export.trace import BATCH
from sspnet_export.verify import TOLERANCE, Difference, check_model, noise_and_figure
from sspnet_export.weights import WeightFile
from sspnet_sdk.bundle import Bundle

FILE = "root_depth.onnx"
BOXES = np.array([[0.9, 0.4, 0.45, 1.0, 0.1, -0.05], [0.2, 0.8, 1.0, 0.7, -0.3, 0.2]], np.float32)  # of `box_features`
WHAT = {
    "features": "mean over the cells of pyramid 1's deepest features (F_1^3)",
    "box": [
        *("log(focal / longer side)", "longer side / focal", "width / longer side", "height / longer side"),
        *("(centre x - cx) / fx", "(centre y - cy) / fy"),
    ],
    "answer": "millimetres along z from the camera to the pelvis",
}


class RootDepthGraph(nn.Module):
    """root_features (N, width), box (N, 6) -> root_z (N,) mm."""

    def __init__(self, root: RootDepth):
        super().__init__()
        self.root = root

    def forward(self, root_features: Tensor, box: Tensor) -> dict[str, Tensor]:
        return {"root_z": self.root.absolute(root_features, box)}


def open_root_depth(path: Path, network: SSPNet) -> tuple[RootDepth, dict[str, Any]]:
    """The MLP of a file, and its part of the manifest.

    Raises:
        ExportError: the file is another, or fits another network.
    """
    try:
        root, errors = load_root_depth(path, network)
    except TrainingError as error:
        raise ExportError(str(error)) from None
    return root, {"file": FILE, **WHAT, "errors": errors}


class RootDepthPart:
    """A `Part`: how far away people are.

    Args:
        network: whose features it reads.
        root: the MLP.
        described: its part of the manifest (`open_root_depth`).
    """

    def __init__(self, network: SSPNet, root: RootDepth, described: dict[str, Any]) -> None:
        self._network, self._root, self._described = network, root, described

    def write(self, folder: Path, weights: WeightFile) -> None:
        examples = {ROOT_FEATURES: torch.zeros(BATCH, self._root.width), "box": torch.zeros(BATCH, BOX_FEATURES)}
        write_module(folder / FILE, weights, RootDepthGraph(self._root), examples, ["root_z"])

    def describe(self, document: dict[str, Any]) -> None:
        document["root_depth"] = self._described

    def verify(self, bundle: Bundle) -> Iterator[str]:
        """Compare first stage and root depth with PyTorch: the largest |Δ log Z|."""
        assert bundle.root_depth is not None
        check_model(bundle.root_depth)
        for size in bundle.sizes:
            images = noise_and_figure(size)
            expected = reference_depth(self._network, self._root, images)
            for runtime, open_graph in runtimes().items():
                features = chain_poses(bundle, runtime, "fp32", size, images)[ROOT_FEATURES]
                found = open_graph(bundle.root_depth)({ROOT_FEATURES: features, "box": BOXES})["root_z"]
                difference = Difference(size, runtime, "root depth", "log Z", float(np.abs(np.log(found / expected)).max()))
                yield str(difference)
                if not difference.largest <= TOLERANCE:
                    raise ExportError(f"differs from PyTorch by more than {TOLERANCE:.0e}: {difference}")


@torch.no_grad()
def reference_depth(network: SSPNet, root: RootDepth, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    features = root_features(network, network_input(images))
    return root.absolute(features, torch.from_numpy(BOXES)).numpy()
